import { DomainError, type FieldError } from '@parley/domain';
import type { z } from 'zod';
import { isStorable } from './primitives.js';

/** So many refused fields are named; more help nobody. */
const ERRORS_MAX = 20;

/** Checked input, or `validation-failed` with a pointer for each refused field. */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) {
    const unstorable = whereUnstorable(input);
    if (unstorable === undefined) return parsed.data;
    const detail = 'must not hold NUL or half a surrogate pair';
    throw new DomainError('validation-failed', { errors: [{ pointer: pointerOf(unstorable), code: 'invalid', detail }] });
  }
  throw new DomainError('validation-failed', { errors: parsed.error.issues.flatMap(fieldErrors).slice(0, ERRORS_MAX) });
}

/** One rule for all text, also where a schema takes any (case 72). What passed its schema is neither deep nor circular. */
function whereUnstorable(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : [];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const below = isStorable(name) ? whereUnstorable(inner) : [];
    if (below) return [escapePointer(name), ...below];
  }
  return undefined;
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const base = issue.path.map(escapePointer);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, ERRORS_MAX)
      .map((key) => ({ pointer: pointerOf([...base, escapePointer(key)]), code: 'unknown-field', detail: 'unknown field' }));
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
