import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the surroundings say. Read anew by each command. */
export interface Environment {
  readonly url?: string;
  readonly token?: string;
  /** Where contexts.json lies. */
  readonly configHome: string;
  /** The server's, absolute. */
  readonly dataDir: string;
  /** The folder the server is started in: the repository, or where the caller stands. */
  readonly serverHome: string;
  /** The server's built entry; undefined when this machine has none. */
  readonly serverMain?: string;
  /** As asked for by PARLEY_PORT; the configuration file may say otherwise. */
  readonly port?: number;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The repository this CLI lies in: `<repo>/apps/cli/{src,dist}/config`. */
const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

export function readEnvironment(variables: Variables = process.env, cwd: string = process.cwd()): Environment {
  const isInRepository = existsSync(join(REPOSITORY, 'apps', 'server', 'package.json'));
  const serverHome = isInRepository ? REPOSITORY : cwd;
  const dataDir = valueOf(variables, 'PARLEY_DATA_DIR');
  return {
    url: valueOf(variables, 'PARLEY_URL'),
    token: valueOf(variables, 'PARLEY_TOKEN'),
    configHome:
      valueOf(variables, 'PARLEY_CONFIG_HOME') ?? join(valueOf(variables, 'XDG_CONFIG_HOME') ?? join(homedir(), '.config'), 'chatctl'),
    dataDir: dataDir === undefined ? join(serverHome, '.parley') : resolve(cwd, dataDir),
    serverHome,
    serverMain: serverMainOf(valueOf(variables, 'PARLEY_SERVER_MAIN'), cwd),
    port: portOf(valueOf(variables, 'PARLEY_PORT')),
  };
}

/**
 * What a server started from here sees: everything we see, with the data directory made absolute because it is started
 * in another folder. A default stays unsaid, so that `config show` names its true origin.
 */
export function serverEnvironment(overrides: { readonly dataDir?: string; readonly port?: number } = {}): NodeJS.ProcessEnv {
  const variables: NodeJS.ProcessEnv = { ...process.env };
  const dataDir = overrides.dataDir ?? valueOf(variables, 'PARLEY_DATA_DIR');
  if (dataDir !== undefined) variables.PARLEY_DATA_DIR = resolve(dataDir);
  if (overrides.port !== undefined) variables.PARLEY_PORT = String(overrides.port);
  return variables;
}

function serverMainOf(named: string | undefined, cwd: string): string | undefined {
  const path = named === undefined ? join(REPOSITORY, 'apps', 'server', 'dist', 'main.js') : resolve(cwd, named);
  return existsSync(path) ? path : undefined;
}

function portOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : undefined;
}

/** Empty counts as unset, as in most shells' `VAR= command`. */
function valueOf(variables: Variables, name: string): string | undefined {
  const value = variables[name];
  return value === '' ? undefined : value;
}
