import { describe, expect, it } from 'vitest';
import {
  AppId,
  ClientMessageId,
  ImageUrl,
  MessageIdSchema,
  Metadata,
  PageQuery,
  Position,
  queryBool,
  queryInt,
  Seconds,
  TenantIdSchema,
  text,
} from './primitives.js';
import { z } from 'zod';

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;
const nested = (depth: number): unknown => (depth === 0 ? 1 : { in: nested(depth - 1) });

describe('text', () => {
  const short = text(3);

  it('counts code points, not code units', () => {
    expect(accepts(short, '\u{1F600}\u{1F600}\u{1F600}')).toBe(true);
    expect(accepts(short, '\u{1F600}\u{1F600}\u{1F600}\u{1F600}')).toBe(false);
    expect(accepts(short, 'abcd')).toBe(false);
    expect(accepts(short, '')).toBe(false);
  });

  it.each([
    ['NUL', 'a\0'],
    ['a lone high surrogate', 'a\uD83D'],
    ['a lone low surrogate', '\uDE00a'],
    ['a pair the wrong way round', '\uDE00\uD83D'],
    ['a number', 7],
    ['a list', ['a']],
    ['nothing', null],
  ])('refuses %s', (_name, value) => {
    expect(accepts(short, value)).toBe(false);
    expect(accepts(ClientMessageId, value)).toBe(false);
  });
});

describe('ids', () => {
  it.each(['a', 'user:1', 'A.b_c@d|e~f-g', 'x'.repeat(128)])('takes %s', (id) => expect(accepts(AppId, id)).toBe(true));
  it.each(['', '.', '..', 'direct', 'batch', 'a b', 'a/b', 'ä', 'a\0', 'a\n', 'x'.repeat(129), '__proto__ ', 7, null])('refuses %j', (id) =>
    expect(accepts(AppId, id)).toBe(false),
  );
  it.each(['acme', 'a-1', '9'])('takes the tenant %s', (id) => expect(accepts(TenantIdSchema, id)).toBe(true));
  it.each(['Acme', 'a_b', '', 'x'.repeat(64), 'a\n', '../a'])('refuses the tenant %j', (id) =>
    expect(accepts(TenantIdSchema, id)).toBe(false),
  );
  it.each(['', 'x', '01b80000-0000-7000-8000-00000000000', "' OR 1=1"])('refuses the message %j', (id) =>
    expect(accepts(MessageIdSchema, id)).toBe(false),
  );
});

describe('numbers in queries', () => {
  const limit = queryInt(1, 100);

  it('takes whole numbers, as text or number', () => {
    expect(limit.parse('10')).toBe(10);
    expect(limit.parse(100)).toBe(100);
    expect(limit.parse('007')).toBe(7);
  });

  it.each([
    ['1e9'],
    ['NaN'],
    ['-1'],
    [['10', '10']],
    ['0'],
    ['101'],
    ['1.5'],
    ['0x10'],
    [' 10'],
    ['10 '],
    [''],
    ['١٠'],
    [Number.NaN],
    [Infinity],
    [1.5],
    [-1],
    [null],
    [true],
    [{}],
    ['99999999999999999'],
  ])('refuses %j and does not clamp', (value) => expect(accepts(limit, value)).toBe(false));

  it('has a default page', () => {
    const page = z.strictObject(PageQuery);
    expect(page.parse({})).toEqual({ limit: 20 });
    expect(accepts(page, { limit: '101' })).toBe(false);
    expect(accepts(page, { limit: '10', cursor: 'x'.repeat(2_001) })).toBe(false);
  });

  it('knows true and false and nothing else', () => {
    expect([queryBool.parse('true'), queryBool.parse('false'), queryBool.parse(true)]).toEqual([true, false, true]);
    for (const value of ['1', 'yes', '', 'TRUE', 1, null]) expect(accepts(queryBool, value)).toBe(false);
  });

  it('holds positions that JavaScript can count', () => {
    expect(accepts(Position, Number.MAX_SAFE_INTEGER)).toBe(true);
    for (const value of [-1, 1.5, 2 ** 53, '1', Number.NaN]) expect(accepts(Position, value)).toBe(false);
    for (const value of [0, -5, 11, 1.5, '5', Infinity]) expect(accepts(Seconds(10), value)).toBe(false);
  });
});

describe('metadata', () => {
  it('takes plain JSON and gives it back as it is', () => {
    const value = { a: [1, 'x', null, true, { b: {} }], '': 0, ключ: 'значение' };
    expect(Metadata.parse(value)).toEqual(value);
  });

  it('goes eight levels deep', () => {
    expect(accepts(Metadata, nested(8))).toBe(true);
    expect(accepts(Metadata, nested(9))).toBe(false);
    expect(accepts(Metadata, JSON.parse(`{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`))).toBe(false);
  });

  it.each(['{"__proto__":{"admin":true}}', '{"constructor":1}', '{"a":{"prototype":1}}', '{"a":[{"__proto__":1}]}'])(
    'refuses the key in %s',
    (json) => {
      expect(accepts(Metadata, JSON.parse(json))).toBe(false);
      expect(({} as Record<string, unknown>).admin).toBeUndefined();
    },
  );

  it.each([
    ['NUL in a text', { a: 'x\0' }],
    ['NUL in a key', { 'a\0': 1 }],
    ['a lone surrogate', { a: ['\uD83D'] }],
    ['infinity', { a: Infinity }],
    ['a function', { a: () => 1 }],
    ['undefined inside a list', { a: [undefined] }],
    ['a bigint', { a: 1n }],
    ['a list', []],
    ['null', null],
    ['text', 'x'],
  ])('refuses %s', (_name, value) => expect(accepts(Metadata, value)).toBe(false));

  it('counts bytes, not characters', () => {
    expect(accepts(Metadata, { a: 'x'.repeat(8_192 - 8) })).toBe(true);
    expect(accepts(Metadata, { a: 'x'.repeat(8_192 - 7) })).toBe(false);
    expect(accepts(Metadata, { a: '€'.repeat(3_000) })).toBe(false);
  });
});

describe('images', () => {
  it('are http addresses', () => {
    expect(accepts(ImageUrl, 'https://x.example/a.png')).toBe(true);
    for (const value of ['javascript:alert(1)', 'data:image/png;base64,AA==', 'file:///etc/passwd', 'x', ''])
      expect(accepts(ImageUrl, value)).toBe(false);
  });
});
