import { DomainError } from '@parley/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseInput } from './parse.js';

const schema = z.strictObject({ a: z.number().max(3), list: z.array(z.strictObject({ 'x/y~': z.string() })).optional() });

function errorsOf(input: unknown) {
  try {
    parseInput(schema, input);
  } catch (error) {
    if (error instanceof DomainError) return [error.code, error.details.errors?.map(({ pointer, code }) => [pointer, code])];
  }
  throw new Error('a refusal was expected');
}

describe('parsing input', () => {
  it('gives what the schema gives', () => {
    expect(parseInput(schema, { a: 1 })).toEqual({ a: 1 });
  });

  it('points at each refused field (RFC 6901)', () => {
    expect(errorsOf({ a: 'x' })).toEqual(['validation-failed', [['/a', 'wrong-type']]]);
    expect(errorsOf({ a: 4, b: 1 })).toEqual([
      'validation-failed',
      expect.arrayContaining([
        ['/a', 'too-large'],
        ['/b', 'unknown-field'],
      ]),
    ]);
    expect(errorsOf({ a: 1, list: [{ 'x/y~': 'ok' }, { 'x/y~': 7 }] })).toEqual(['validation-failed', [['/list/1/x~1y~0', 'wrong-type']]]);
    expect(errorsOf('text')).toEqual(['validation-failed', [['', 'wrong-type']]]);
  });

  it('refuses text that cannot be stored, wherever a schema takes any (case 72)', () => {
    const open = z.strictObject({ words: z.array(z.string()).optional(), map: z.record(z.string(), z.unknown()).optional() });
    const pointersOf = (input: unknown) => {
      try {
        return parseInput(open, input);
      } catch (error) {
        return error instanceof DomainError ? error.details.errors?.map(({ pointer }) => pointer) : error;
      }
    };
    expect(pointersOf({ words: ['fine', 'a\0b'] })).toEqual(['/words/1']);
    expect(pointersOf({ map: { a: { b: ['\ud800'] } } })).toEqual(['/map/a/b/0']);
    expect(pointersOf({ map: { 'a\0': 1 } })).toEqual(['/map/a\0']);
    expect(pointersOf({ words: ['🌊'], map: { a: null } })).toEqual({ words: ['🌊'], map: { a: null } });
  });

  it('names twenty fields at most', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`f${index}`, 1]));
    expect((errorsOf({ a: 1, ...many })[1] as unknown[]).length).toBe(20);
  });
});
