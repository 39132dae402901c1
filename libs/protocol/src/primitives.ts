import { isAppId, isTenantId, type JsonObject, PAGE_DEFAULT, PAGE_MAX } from '@parley/domain';
import { z } from 'zod';

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Text that PostgreSQL can hold and JSON can carry: no NUL, no half of a surrogate pair. */
export const isStorable = (text: string): boolean => !text.includes('\0') && !LONE_SURROGATE.test(text);

/** At most `max` code points, at least `min`. */
export const text = (max: number, min = 1) =>
  z
    .string()
    .min(min)
    .max(max * 2)
    .refine(isStorable, 'must not hold NUL or half a surrogate pair')
    .refine((value) => value.length <= max || [...value].length <= max, `at most ${max} characters`)
    .meta({ maxLength: max });

export const AppId = z
  .string()
  .refine(isAppId, '1 to 128 of A-Z a-z 0-9 . _ : @ | ~ -, and not a reserved word')
  .meta({ minLength: 1, maxLength: 128 });
export const UserIdSchema = AppId.describe('The user, by the id the app gave it');
export const RoomIdSchema = AppId.describe('The room, by the id the app gave it or its UUIDv7');
export const MessageIdSchema = z.uuid().describe('The message, a UUIDv7');
export const TenantIdSchema = z
  .string()
  .refine(isTenantId, '1 to 63 of a-z 0-9 -')
  .meta({ minLength: 1, maxLength: 63, description: 'The tenant' });
export const Time = z.iso.datetime().describe('RFC 3339, UTC');
export const Count = z.number().int().min(0);
/** A position or number in a log. */
export const Position = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const ClientMessageId = z
  .string()
  .min(1)
  .max(128)
  .refine(isStorable, 'must not hold NUL or half a surrogate pair')
  .describe('The id this client gives the message: unique per sender and room for ever; repeat it to retry safely');

const METADATA_DEPTH = 8;
const METADATA_BYTES = 8_192;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Why a value is no plain, shallow, storable JSON, or undefined when it is. */
function whyNotPlain(value: unknown, depth: number): string | undefined {
  if (depth > METADATA_DEPTH) return `nested deeper than ${METADATA_DEPTH}`;
  if (value === null || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'a number that JSON cannot hold';
  if (typeof value === 'string') return isStorable(value) ? undefined : 'must not hold NUL or half a surrogate pair';
  if (typeof value !== 'object') return 'not JSON';
  if (Array.isArray(value)) return firstReason(value, depth);
  const keys = Object.getOwnPropertyNames(value);
  const bad = keys.find((key) => FORBIDDEN_KEYS.has(key) || !isStorable(key));
  return bad === undefined ? firstReason(Object.values(value), depth) : 'a key that is not allowed';
}

function firstReason(values: readonly unknown[], depth: number): string | undefined {
  for (const value of values) {
    const reason = whyNotPlain(value, depth + 1);
    if (reason) return reason;
  }
  return undefined;
}

/** The app's own data: a JSON object of at most 8 kB and 8 levels. */
export const Metadata = z
  .custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'an object')
  .superRefine((value, context) => {
    const reason = whyNotPlain(value, 0);
    if (reason) context.addIssue({ code: 'custom', message: reason });
    else if (new TextEncoder().encode(JSON.stringify(value)).length > METADATA_BYTES) {
      context.addIssue({ code: 'custom', message: `at most ${METADATA_BYTES} bytes`, params: { code: 'too-large' } });
    }
  })
  .meta({ type: 'object', description: "The app's own data, at most 8 kB", additionalProperties: true });

/** As stored: whatever passed `Metadata` once. */
export const StoredMetadata = z
  .custom<JsonObject>((value) => typeof value === 'object' && value !== null)
  .meta({ type: 'object', additionalProperties: true });

/**
 * A whole number in a query string: digits only, so that `NaN`, `1e9` and lists are errors and not surprises. The
 * contract documents say what it means, an integer, and not how it is read off a text.
 */
export const queryInt = (min: number, max: number) =>
  z
    .union([z.number(), z.string().regex(/^\d{1,16}$/, 'a whole number')])
    .transform(Number)
    .pipe(z.number().int().min(min).max(max))
    .meta({ type: 'integer', minimum: min, maximum: max });

export const queryBool = z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')]).meta({ type: 'boolean' });

export const PageQuery = {
  limit: queryInt(1, PAGE_MAX).default(PAGE_DEFAULT).describe(`1 to ${PAGE_MAX}`),
  cursor: z.string().max(2_000).optional().describe('`nextCursor` of the page before'),
};

export const pageOfSchema = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export const Nothing = z.undefined();
export const Seconds = (max: number) => z.number().int().min(1).max(max);
/** Ten years: longer than any ban means for ever, which is said by leaving the field out. */
export const MAX_SECONDS = 315_360_000;
export const ImageUrl = z.url({ protocol: /^https?$/ }).max(2_000);

export const UserIds = z.array(UserIdSchema).min(1).max(100);
const list = (ids: string): string[] => ids.split(',').filter((id) => id !== '');
/** Of a query: `a,b,c`. */
export const UserIdList = z.union([z.string().max(13_000).transform(list), z.array(z.string())]).pipe(UserIds);
