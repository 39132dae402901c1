import { Errors, settings } from '@oclif/core';
import { localProblem, ParleyError } from '@parley/client';
import type { Problem } from '@parley/protocol';
import { EXIT, exitCodeOfStatus, type ExitCode } from './exit-codes.js';
import { printable } from './output/text.js';

/** A refusal on this side of the wire: what is wrong, and what to do about it. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode,
    readonly fix?: string,
  ) {
    super(message);
    this.name = 'CommandError';
  }
}

/** Stable codes of local errors, as in the server's table. */
const CODE_OF: Readonly<Record<ExitCode, string>> = {
  [EXIT.ok]: 'internal',
  [EXIT.unexpected]: 'internal',
  [EXIT.usage]: 'validation-failed',
  [EXIT.denied]: 'unauthenticated',
  [EXIT.notFound]: 'not-found',
  [EXIT.conflict]: 'conflict',
  [EXIT.limited]: 'rate-limited',
  [EXIT.unavailable]: 'unavailable',
  [EXIT.checkFailed]: 'internal',
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ParleyError) return exitCodeOfStatus(error.problem.status);
  if (error instanceof CommandError) return error.exitCode;
  if (isUsageError(error)) return EXIT.usage;
  return isForeignAnswer(error) ? EXIT.unavailable : EXIT.unexpected;
}

/** oclif marks what the caller typed wrong with exit 2; a flag's own parser throws plain errors that it renames. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Errors.CLIError || (error instanceof Error && error.message.startsWith('Parsing --'));
}

/** A 200 whose body is no JSON: a proxy's page, or another program on that port. */
const isForeignAnswer = (error: unknown): boolean => error instanceof SyntaxError;

/** oclif's sentences without their frame, so that one fault is one line. */
function usageMessage(error: Error): string {
  return error.message
    .replace(/\n?See more help with --help$/, '')
    .replace(/^The following errors? occurred:\s+/, '')
    .replace(/^Parsing (--\S+)\s+/, '$1: ');
}

function messageOf(error: unknown): string {
  if (isUsageError(error)) return usageMessage(error);
  if (isForeignAnswer(error)) return 'What answered is no Parley server: its answer is no JSON.';
  return error instanceof Error ? error.message : String(error);
}

/** The shape of `--json` errors: a problem, with `fix` where one is known. */
export function problemOf(error: unknown): Problem & { readonly fix?: string } {
  if (error instanceof ParleyError) return error.problem;
  const message = messageOf(error);
  const exitCode = exitCodeOf(error);
  const fix = error instanceof CommandError ? error.fix : undefined;
  return { ...localProblem(CODE_OF[exitCode], message), retryable: exitCode === EXIT.unavailable, ...(fix && { fix }) };
}

/** What a person reads on stderr. */
export function describe(error: unknown): string {
  if (isUsageError(error)) return `Error: ${usageMessage(error)}\nSee more help with --help`;
  const problem = problemOf(error);
  const lines = [`Error: ${printable(problem.detail ?? problem.title)}`];
  for (const field of problem.errors ?? []) lines.push(`  ${printable(field.pointer)}: ${printable(field.detail)}`);
  if (problem.reason) lines.push(`  reason: ${printable(problem.reason)}`);
  if (problem.retryAfterMs !== undefined) lines.push(`  try again in ${Math.ceil(problem.retryAfterMs / 1000)} s`);
  if (problem.requestId) lines.push(`  ${problem.code}, request ${printable(problem.requestId)}`);
  if (settings.debug && error instanceof Error && error.stack) lines.push(error.stack); // CHATCTL_DEBUG=1
  if (problem.fix) lines.push(`Fix: ${problem.fix}`);
  return lines.join('\n');
}
