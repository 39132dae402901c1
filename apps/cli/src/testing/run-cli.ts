import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, Plugin } from '@oclif/core';
import { captureOutput } from '@oclif/test';
import { CLI_ROOT, main } from '../main.js';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const COMMANDS = join(CLI_ROOT, 'src', 'commands');
const NO_SERVER = '/nonexistent/main.js';

/** Every command by its id, as oclif would find it in `dist/`. */
export async function commandClasses(): Promise<ReadonlyMap<string, Command.Class>> {
  const files = (await readdir(COMMANDS, { recursive: true })).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts')).sort();
  const loaded = files.map(async (file): Promise<[string, Command.Class]> => {
    const { default: command } = (await import(pathToFileURL(join(COMMANDS, file)).href)) as { default: Command.Class };
    const id = relative(COMMANDS, join(COMMANDS, file)).replace(/\.ts$/, '').split(/[/\\]/).join(':');
    return [id, Object.assign(command, { id })];
  });
  return new Map(await Promise.all(loaded));
}

/** The CLI over its source, so that no build is needed; the rest of oclif (ids, topics, help, parsing) is the real one. */
async function sourcePlugin(): Promise<Plugin> {
  const pjson = JSON.parse(await readFile(join(CLI_ROOT, 'package.json'), 'utf8')) as Plugin['pjson'];
  const oclif = { ...pjson.oclif, commands: undefined, hooks: {}, plugins: [] };
  const plugin = new Plugin({ root: CLI_ROOT, isRoot: true, ignoreManifest: true, pjson: { ...pjson, oclif } });
  await plugin.load();
  const classes = [...(await commandClasses()).values()];
  return Object.assign(plugin, { commands: classes.map((command) => loadable(command)) });
}

function loadable(command: Command.Class): Command.Loadable {
  const { aliases, hiddenAliases, description, examples, id, summary } = command;
  const flags = withNames({ ...command.baseFlags, ...command.flags });
  const args = withNames(command.args);
  return {
    aliases,
    hiddenAliases,
    args,
    description,
    examples,
    id,
    summary,
    flags,
    hidden: false,
    load: async () => command,
  } as Command.Loadable;
}

const withNames = <T extends object>(inputs: Readonly<Record<string, T>>) =>
  Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, { ...input, name }]));

let plugin: Promise<Plugin> | undefined;

/** One machine: a configuration folder, a data directory and variables of its own. */
export class Machine {
  private constructor(
    readonly folder: string,
    private readonly variables: Readonly<Record<string, string>>,
  ) {}

  static async start(variables: Readonly<Record<string, string>> = {}): Promise<Machine> {
    const folder = await mkdtemp(join(tmpdir(), 'chatctl-'));
    const own = { PARLEY_CONFIG_HOME: join(folder, 'config'), PARLEY_DATA_DIR: join(folder, 'data'), PARLEY_SERVER_MAIN: NO_SERVER };
    return new Machine(folder, { ...own, ...variables });
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  get contextFile(): string {
    return join(this.folder, 'config', 'contexts.json');
  }

  async run(argv: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Ran> {
    plugin ??= sourcePlugin();
    const root = await plugin;
    return withEnvironment({ ...this.variables, ...variables }, async () => {
      const options = { root: root.root, plugins: new Map([[root.name, root]]) };
      const { result, error, stdout, stderr } = await captureOutput<number>(() => main(argv, options));
      if (error !== undefined) throw error;
      return { code: result ?? Number.NaN, stdout, stderr };
    });
  }

  stop(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

const OURS = ['PARLEY_URL', 'PARLEY_TOKEN', 'PARLEY_PORT', 'XDG_CONFIG_HOME', 'NO_COLOR'];

/** The runner's own variables come back afterwards, its exit code too. */
async function withEnvironment<T>(variables: Readonly<Record<string, string>>, action: () => Promise<T>): Promise<T> {
  const names = [...new Set([...OURS, ...Object.keys(variables)])];
  const before = names.map((name) => [name, process.env[name]] as const);
  const exitCode = process.exitCode;
  for (const name of names) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, variables);
  process.exitCode = undefined;
  try {
    return await action();
  } finally {
    process.exitCode = exitCode;
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
}
