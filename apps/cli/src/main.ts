import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Config, Errors, type Interfaces, run, settings } from '@oclif/core';
import { describe, exitCodeOf, problemOf } from './errors.js';
import { noSuchCommand } from './hooks/command-not-found.js';

/** The folder of package.json, from `src/` as from `dist/`. */
export const CLI_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs one command line and gives its exit code. The only place that prints errors. */
export async function main(argv: readonly string[], options: Interfaces.Options = { root: CLI_ROOT }): Promise<number> {
  settings.enableAutoTranspile = false; // with NODE_ENV=development oclif would look for ts-node, and warn
  try {
    await run([...argv], options);
    return Number(process.exitCode ?? 0);
  } catch (thrown) {
    if (thrown instanceof Errors.ExitError) return thrown.oclif.exit ?? 0;
    const error = await withSuggestion(thrown, options);
    process.stderr.write(`${isJson(argv) ? JSON.stringify({ error: problemOf(error) }, null, 2) : describe(error)}\n`);
    return exitCodeOf(error);
  }
}

/** The help of an unknown command passes by the hook that suggests. */
async function withSuggestion(error: unknown, options: Interfaces.Options): Promise<unknown> {
  const id = error instanceof Error ? /^Command (\S+) not found\.$/.exec(error.message)?.[1] : undefined;
  return id === undefined ? error : noSuchCommand(id, await Config.load(options));
}

function isJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? argv.length : end).includes('--json');
}
