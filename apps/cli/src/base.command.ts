import { createInterface } from 'node:readline/promises';
import { Command } from '@oclif/core';
import { type Environment, readEnvironment } from './config/environment.js';
import { CommandError } from './errors.js';
import { EXIT } from './exit-codes.js';
import { type Cell, type Columns, fieldsOf, tableOf } from './output/table.js';

/** What every command does: `run` gives what `--json` prints, and prints the same for people. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  protected get environment(): Environment {
    return readEnvironment();
  }

  protected table<T>(rows: readonly T[], columns: Columns<T>): void {
    const width = process.stdout.isTTY ? process.stdout.columns : 0; // 0 also on terminals that do not know their size
    this.log(tableOf(rows, columns, width || undefined));
  }

  protected fields(fields: Readonly<Record<string, Cell>>): void {
    this.log(fieldsOf(fields));
  }

  /** For people, beside the result. */
  protected note(message: string): void {
    if (!this.jsonEnabled()) process.stderr.write(`${message}\n`);
  }

  /** A next step: only where somebody sits. */
  protected hint(message: string): void {
    if (process.stderr.isTTY) this.note(message);
  }

  /** Asks on a terminal. Without one, `needsYes` decides: refuse what cannot be taken back, go on with the rest. */
  protected async confirm(question: string, asked: { readonly yes: boolean; readonly needsYes: boolean }): Promise<void> {
    if (asked.yes) return;
    if (!process.stdin.isTTY || !process.stderr.isTTY) {
      if (asked.needsYes) throw new CommandError(`${question} Nobody can be asked here.`, EXIT.usage, 'Pass --yes.');
      return;
    }
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await terminal.question(`${question} [y/N] `).finally(() => terminal.close());
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('Nothing was done.', EXIT.usage);
  }

  /** The report is the result; the exit code says that it is a bad one. */
  protected failCheck(isFailed: boolean): void {
    if (isFailed) process.exitCode = EXIT.checkFailed;
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }

  /** `main` prints errors; oclif would print them as JSON on stdout. */
  protected override catch(error: Error): Promise<never> {
    return Promise.reject(error);
  }
}
