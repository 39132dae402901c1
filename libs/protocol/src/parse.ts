import { DomainError, type FieldError } from '@parley/domain';
import type { z } from 'zod';

/** So many refused fields are named; more help nobody. */
const ERRORS_MAX = 20;

/** Checked input, or `validation-failed` with a pointer for each refused field. */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new DomainError('validation-failed', { errors: parsed.error.issues.flatMap(fieldErrors).slice(0, ERRORS_MAX) });
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const base = issue.path.map(escapePointer);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerOf([...base, escapePointer(key)]), code: 'unknown-field', detail: 'unknown field' }));
  }
  return [{ pointer: pointerOf(base), code: codeOf(issue), detail: issue.message }];
}

const pointerOf = (parts: readonly string[]): string => (parts.length === 0 ? '' : `/${parts.join('/')}`);
const escapePointer = (part: PropertyKey): string => String(part).slice(0, 200).replaceAll('~', '~0').replaceAll('/', '~1');

const CODES: Partial<Record<z.core.$ZodIssue['code'], string>> = {
  invalid_type: 'wrong-type',
  too_big: 'too-large',
  too_small: 'too-small',
  invalid_format: 'wrong-format',
  invalid_value: 'not-allowed',
};

const codeOf = (issue: z.core.$ZodIssue): string => CODES[issue.code] ?? 'invalid';
