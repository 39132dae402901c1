import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type Environment, serverEnvironment } from '../config/environment.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

export interface ConfigValues {
  readonly values: readonly { readonly key: string; readonly value: unknown; readonly origin: string }[];
}
export interface ConfigVerdict {
  readonly ok: boolean;
  readonly problems: readonly { readonly key: string; readonly reason: string }[];
}
export interface MigrationStatus {
  readonly current: string | null;
  readonly latest: string;
  readonly pending: readonly string[];
  readonly ok: boolean;
}
export interface Migrated {
  readonly applied: readonly string[];
}
export interface RecoveredOperator {
  readonly email: string;
  readonly password: string;
}

/** What the server's entry does without serving: one JSON object on stdout, exit 0; or `{ error }`, exit 1. */
export interface Verbs {
  'config-show': ConfigValues;
  'config-validate': ConfigVerdict;
  'migrate-status': MigrationStatus;
  'migrate-up': Migrated;
  'recover-operator': RecoveredOperator;
}

/** Minutes, because the embedded database may have to start and recover first; a migration may rewrite a large table. */
const TIMEOUT_MS: Readonly<Record<keyof Verbs, number>> = {
  'config-show': 30_000,
  'config-validate': 30_000,
  'migrate-status': 120_000,
  'migrate-up': 6 * 3_600_000,
  'recover-operator': 120_000,
};
const MAX_OUTPUT = 1_000_000;

/** What an answer must hold to be of this contract; an older or newer server's entry may differ. */
const HOLDS: Readonly<Record<keyof Verbs, readonly string[]>> = {
  'config-show': ['values'],
  'config-validate': ['ok', 'problems'],
  'migrate-status': ['ok', 'pending'],
  'migrate-up': ['applied'],
  'recover-operator': ['email', 'password'],
};

export function serverMain(environment: Environment): string {
  if (environment.serverMain !== undefined) return environment.serverMain;
  throw new CommandError(
    'There is no server on this machine.',
    EXIT.usage,
    'In the repository: npm start once (or npm run build). Elsewhere: PARLEY_SERVER_MAIN=/path/to/apps/server/dist/main.js',
  );
}

/** What node is started with to serve: the flags that the server's package wants, and its entry. */
export function serveArguments(environment: Environment): string[] {
  const main = serverMain(environment);
  const description = findPackageJSON(pathToFileURL(main));
  const { config } =
    description === undefined ? {} : (JSON.parse(readFileSync(description, 'utf8')) as { config?: { nodeFlags?: string } });
  return [...(config?.nodeFlags?.split(' ') ?? []), main, 'start'];
}

/** Runs a verb of the server's own entry: apps never import apps, and its configuration is read in one place only. */
export async function askServerEntry<V extends keyof Verbs>(
  verb: V,
  environment: Environment,
  asked: { readonly dataDir?: string; readonly args?: readonly string[] } = {},
): Promise<Verbs[V]> {
  const { code, stdout, stderr } = await runNode([serverMain(environment), verb, ...(asked.args ?? []), '--json'], {
    cwd: environment.serverHome,
    env: serverEnvironment({ dataDir: asked.dataDir }),
    timeoutMs: TIMEOUT_MS[verb],
    echo: verb === 'migrate-up',
  });
  const answer = parsed(stdout);
  if (answer === undefined)
    throw new CommandError(lastLine(stderr) ?? `The server's ${verb} ended with ${code ?? 'a signal'} and said nothing.`, EXIT.unexpected);
  if (isRefusal(answer)) throw new CommandError(answer.error.message, EXIT.unexpected, answer.error.fix);
  if (!HOLDS[verb].every((key) => key in answer))
    throw new CommandError(`The server's ${verb} answered in another shape.`, EXIT.unexpected, 'Use the chatctl of the same release.');
  return answer as Verbs[V];
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runNode(
  argv: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs: number; echo: boolean },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, {
      cwd: options.cwd,
      env: options.env,
      timeout: options.timeoutMs,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout = (stdout + chunk).slice(0, MAX_OUTPUT)));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = (stderr + chunk).slice(-MAX_OUTPUT);
      if (options.echo) process.stderr.write(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The object is the last line, or all of it: a dependency that greets on stdout must not hide the answer. */
function parsed(stdout: string): object | undefined {
  for (const text of [stdout, stdout.trimEnd().split('\n').at(-1) ?? '']) {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null) return value;
    } catch {
      // Not this one.
    }
  }
  return undefined;
}

function isRefusal(value: unknown): value is { readonly error: { readonly message: string; readonly fix?: string } } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'error' in value &&
    typeof value.error === 'object' &&
    value.error !== null &&
    'message' in value.error
  );
}

const lastLine = (text: string): string | undefined => text.trim().split('\n').at(-1) || undefined;
