import { ERROR_TABLE } from '@parley/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asyncApi } from './asyncapi.js';
import { openApi } from './openapi.js';
import { routeTable } from './routes.js';
import { commandTable, eventTable } from './socket.js';

const allRoutes = [...routeTable].map(([name, spec]) => ({ name, spec }));
const pathNames = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
const fieldsOf = (type: z.ZodType): string[] => {
  const schema = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' });
  return Object.keys(schema.properties ?? {});
};

/** Every `$ref` anywhere in a document. */
function refs(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(refs);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' && typeof inner === 'string' ? [inner] : refs(inner)));
}

function resolve(document: unknown, ref: string): unknown {
  const parts = ref
    .replace(/^#\//, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return parts.reduce<unknown>(
    (at, part) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined),
    document,
  );
}

describe('every route', () => {
  it.each(allRoutes)('$name takes its path’s names as fields, by itself strict', ({ spec }) => {
    expect(fieldsOf(spec.input)).toEqual(expect.arrayContaining(pathNames(spec.path)));
    expect(spec.input.safeParse({ 'no-such-field': 1 }).success).toBe(false);
  });

  it.each(allRoutes)('$name says who may call it', ({ spec }) => {
    expect(spec.audience.length).toBeGreaterThan(0);
    if (spec.audience.includes('public')) expect(spec.audience).toEqual(['public']);
    if (spec.audience.includes('key')) expect(spec.scope).toBeDefined();
    if (spec.role !== undefined) expect(spec.audience).toEqual(['operator']);
    // Whoever signs in as an operator is none yet; what anybody may ask, from any page, changes nothing.
    if (spec.audience.includes('public') && !spec.path.startsWith('/v1/admin/')) expect(spec.method).toBe('GET');
    else expect(spec.path.startsWith('/v1/admin/')).toBe(spec.audience.includes('operator') || spec.audience.includes('public'));
  });

  it.each(allRoutes)('$name of one tenant asks for a role in it', ({ spec }) => {
    if (pathNames(spec.path).includes('tenantId')) expect(spec.role).toBeDefined();
  });

  it.each(allRoutes)('$name takes an Idempotency-Key only where a POST creates, and names known refusals', ({ spec }) => {
    if (spec.idempotency) expect(spec.method).toBe('POST');
    for (const code of spec.errors ?? []) expect(ERROR_TABLE).toHaveProperty(code);
    if (spec.status === 204) expect(spec.output.safeParse(undefined).success).toBe(true);
  });

  it('has an address of its own', () => {
    const addresses = allRoutes.map(({ spec }) => `${spec.method} ${spec.path.replace(/:\w+/g, ':')}`);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it('never hides a fixed path behind an id: the reserved words cannot be ids', () => {
    const paths = allRoutes.map(({ spec }) => spec.path);
    const siblings = paths.flatMap((path) => paths.filter((other) => shadows(path, other)).map((other) => lastFixed(path, other)));
    for (const word of siblings) expect(['direct', 'batch', 'session', 'join']).toContain(word);
  });

  it('sends messages without Idempotency-Key', () => {
    expect(routeTable.get('messages.send')?.idempotency).toBeUndefined();
  });
});

/** Do two paths of one length differ only where one has a name and the other a word. */
function shadows(path: string, other: string): boolean {
  const [a, b] = [path.split('/'), other.split('/')];
  return (
    path !== other &&
    a.length === b.length &&
    a.every((part, index) => part === b[index] || part.startsWith(':')) &&
    a.some((part, index) => part.startsWith(':') && !b[index]?.startsWith(':'))
  );
}

const lastFixed = (path: string, other: string): string =>
  other.split('/').find((part, index) => path.split('/')[index]?.startsWith(':') && !part.startsWith(':')) ?? '';

describe('every command', () => {
  it.each([...commandTable.values()])('$namespace $name is noun.verb and strict', ({ name, input }) => {
    expect(name).toMatch(/^([a-z]+\.[a-z]+|sync)$/);
    expect(input.safeParse({ 'no-such-field': 1 }).success).toBe(false);
    expect(input.safeParse('text').success).toBe(false);
    expect(input.safeParse(null).success).toBe(false);
  });

  it('has a name of its own, that is no event’s', () => {
    const events = new Set(eventTable.map(({ namespace, name }) => `${namespace} ${name}`));
    expect([...commandTable.keys()].filter((key) => events.has(key))).toEqual([]);
    expect(events.size).toBe(eventTable.length);
  });
});

describe('openapi', () => {
  const document = openApi('1.2.3');

  it('points nowhere but into itself', () => {
    const dangling = refs(document).filter((ref) => !ref.startsWith('#/') || resolve(document, ref) === undefined);
    expect(dangling).toEqual([]);
    expect(refs(document).length).toBeGreaterThan(50);
  });

  it('has an operation per route, with the path’s names as parameters', () => {
    const paths = document.paths as Record<
      string,
      Record<string, { operationId: string; parameters: { name: string; in: string; required: boolean }[] }>
    >;
    for (const { name, spec } of allRoutes) {
      const operation = paths[spec.path.replace(/:(\w+)/g, '{$1}')]?.[spec.method.toLowerCase()];
      expect(operation?.operationId).toBe(name);
      const inPath = operation?.parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name);
      expect(inPath).toEqual(pathNames(spec.path));
      for (const parameter of operation?.parameters ?? [])
        expect(Object.keys('schema' in parameter ? (parameter.schema as object) : {})).not.toEqual([]);
    }
  });

  it('is JSON, and the same each time', () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(JSON.parse(JSON.stringify(openApi('1.2.3'))));
    expect(JSON.stringify(document)).not.toContain('$defs');
  });
});

describe('asyncapi', () => {
  const document = asyncApi('1.2.3');

  it('points nowhere but into itself', () => {
    const dangling = refs(document).filter((ref) => !ref.startsWith('#/') || resolve(document, ref) === undefined);
    expect(dangling).toEqual([]);
    expect(refs(document).length).toBeGreaterThan(50);
  });

  it('has an operation per command and event', () => {
    const operations = Object.keys(document.operations as object);
    expect(operations).toHaveLength(commandTable.size + eventTable.length);
    expect(JSON.stringify(document)).not.toContain('$defs');
  });
});
