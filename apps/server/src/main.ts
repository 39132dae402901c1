import { loadConfig, type Config } from './config/config.js';
import { parseArguments } from './config/arguments.js';
import { welcome } from './welcome.js';
import { migrationStatus, migrateUp, recoverOperator } from './wiring/local-tasks.js';
import { StartRefused } from './wiring/pid-file.js';
import { start } from './wiring/start.js';

/** Signals closer together than this are one: npm passes on what the terminal sent already. */
const SAME_PRESS_MS = 500;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printJson = (value: object): void => print(JSON.stringify(value));

class Refused extends Error {
  constructor(
    message: string,
    readonly fix?: string,
  ) {
    super(message);
  }
}

function configOf(flags: Readonly<Record<string, string>>): Config {
  const { config, problems } = loadConfig(flags);
  if (!config)
    throw new Refused(
      `the configuration is not valid: ${problems.map(({ key, reason }) => `${key}: ${reason}`).join('; ')}`,
      'see npx chatctl config show',
    );
  return config;
}

async function run(flags: Readonly<Record<string, string>>): Promise<void> {
  const config = configOf(flags);
  const started = await start(config);
  let firstPress: number | undefined;
  const onSignal = (): void => {
    const now = performance.now();
    if (firstPress === undefined) {
      firstPress = now;
      print('Parley is stopping');
      started.stop().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      );
    } else if (now - firstPress > SAME_PRESS_MS) process.exit(130);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  print(welcome(config, started));
  print('Parley is ready');
}

const VERBS: Record<string, (flags: Readonly<Record<string, string>>) => Promise<void>> = {
  start: run,
  'config-show': async (flags) => printJson({ values: loadConfig(flags).values }),
  'config-validate': async (flags) => {
    const { problems } = loadConfig(flags);
    printJson({ ok: problems.length === 0, problems });
  },
  'migrate-status': async (flags) => printJson(await migrationStatus(configOf(flags))),
  'migrate-up': async (flags) => printJson({ applied: await migrateUp(configOf(flags)) }),
  'recover-operator': async ({ email = 'admin@parley.local', ...flags }) => printJson(await recoverOperator(configOf(flags), email)),
};

/** One clear line with the mend; a stack only for bugs. */
function fail(error: unknown, isJson = false): never {
  const isExpected =
    error instanceof Refused ||
    error instanceof StartRefused ||
    (error instanceof Error && /^PostgreSQL|^another|^there is no/.test(error.message));
  const message = error instanceof Error ? error.message : String(error);
  const fix = error instanceof Refused ? error.fix : undefined;
  if (isJson) printJson({ error: { message, ...(fix ? { fix } : {}) } });
  else
    process.stderr.write(
      `${isExpected ? `parley: ${message}${fix ? ` (${fix})` : ''}` : error instanceof Error ? (error.stack ?? message) : message}\n`,
    );
  process.exit(1);
}

const { verb, flags, isJson } = parseArguments(process.argv.slice(2));
const task = VERBS[verb];
if (!task) fail(new Refused(`unknown verb ${verb}`, `one of ${Object.keys(VERBS).join(', ')}`));
task(flags).then(
  () => {
    if (verb !== 'start') process.exit(0);
  },
  (error: unknown) => fail(error, isJson),
);
