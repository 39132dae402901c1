import { ERROR_TABLE, type ErrorCode } from '@parley/domain';
import { z } from 'zod';
import type { RouteSpec } from './contract.js';
import { HTTP_STATUS } from './present.js';
import { Problem } from './problem.js';
import { routeTable } from './routes.js';

type Json = Record<string, unknown>;

/** Refusals that any route may give, besides the ones its row names. */
const COMMON_ERRORS: readonly ErrorCode[] = ['validation-failed', 'rate-limited', 'unavailable', 'internal'];
const GUARDED_ERRORS: readonly ErrorCode[] = ['unauthenticated', 'token-invalid', 'token-expired', 'forbidden', 'not-found'];
/** Of a tenant's users and keys. */
const TENANT_ERRORS: readonly ErrorCode[] = ['tenant-suspended', 'banned'];

/**
 * JSON Schema of a zod type; named types (`.meta({ id })`) become references into `components.schemas`.
 * Shapes are 2020-12, which OpenAPI 3.1 and AsyncAPI 3 share.
 */
export class SchemaBook {
  readonly schemas: Record<string, Json> = {};

  of(type: z.ZodType, io: 'input' | 'output'): Json {
    const {
      $schema: _,
      $defs,
      ...schema
    } = z.toJSONSchema(type, {
      io,
      unrepresentable: 'any',
      reused: 'inline',
      override: io === 'input' ? describeMeaning : describeOutput,
    }) as Json & {
      $defs?: Record<string, Json>;
    };
    for (const [name, definition] of Object.entries($defs ?? {})) this.schemas[name] ??= withoutId(relocate(definition));
    const located = relocate(schema);
    const id = type.meta()?.id;
    if (id === undefined) return located;
    this.schemas[id] ??= withoutId(located);
    return { $ref: `#/components/schemas/${id}` };
  }
}

/**
 * What a schema says of itself (`.meta({ type, … })`) is what a value means, and replaces the ways it is read: a query's
 * integer arrives as text, a text is measured in code points. zod leaves defaults out where a value is read in such a way.
 */
function describeMeaning({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: Json }): void {
  const { id: _, ...meaning } = z.globalRegistry.get(zodSchema) ?? {};
  Object.assign(jsonSchema, meaning);
  if (jsonSchema.type !== undefined) delete jsonSchema.anyOf;
  const { def } = zodSchema._zod;
  if (def.type === 'default') jsonSchema.default = def.defaultValue;
}

/** Answers and events may carry more than this version names: clients ignore what they do not know. */
function describeOutput(context: Parameters<typeof describeMeaning>[0]): void {
  describeMeaning(context);
  if (context.jsonSchema.additionalProperties === false) delete context.jsonSchema.additionalProperties;
}

const withoutId = ({ id: _, ...rest }: Json): Json => rest;

/** zod points to `#/$defs/X`; documents keep them under `#/components/schemas/X`. */
function relocate<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/')) as T;
}

/** OpenAPI 3.1 of the route table. */
export function openApi(version: string): Json {
  const book = new SchemaBook();
  book.of(Problem, 'output');
  const paths: Record<string, Json> = {};
  for (const [name, spec] of routeTable) {
    const path = spec.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [spec.method.toLowerCase()]: operation(name, spec, book) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Parley', version, description: 'Self-hosted chat backend', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: book.schemas,
      securitySchemes: {
        user: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A user token' },
        key: { type: 'http', scheme: 'bearer', description: 'An API key `sk_…`; with the header `Parley-User` it acts for that user' },
        operator: {
          type: 'http',
          scheme: 'bearer',
          description: 'A personal access token `pat_…`, or the session cookie of the dashboard',
        },
      },
    },
  };
}

function operation(name: string, spec: RouteSpec, book: SchemaBook): Json {
  const names = [...spec.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const input = book.of(spec.input, 'input') as { properties?: Record<string, Json>; required?: string[] };
  const fields = Object.entries(input.properties ?? {});
  const rest = fields.filter(([field]) => !names.includes(field));
  const hasBody = spec.method === 'POST' || spec.method === 'PUT' || spec.method === 'PATCH';
  const required = new Set(input.required ?? []);
  const parameters = [
    ...names.map((field) => ({ name: field, in: 'path', required: true, schema: input.properties?.[field] ?? {} })),
    ...(hasBody ? [] : rest.map(([field, schema]) => ({ name: field, in: 'query', required: required.has(field), schema }))),
    ...(spec.idempotency
      ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', minLength: 1, maxLength: 200 } }]
      : []),
  ];
  const body = {
    type: 'object',
    properties: Object.fromEntries(rest),
    required: rest.map(([field]) => field).filter((field) => required.has(field)),
    additionalProperties: false,
  };
  return {
    operationId: name,
    tags: [spec.tag],
    summary: spec.summary,
    description: spec.description,
    security: spec.audience.flatMap((audience) => (audience === 'public' ? [] : [{ [audience]: [] }])),
    parameters,
    ...(hasBody && rest.length > 0
      ? { requestBody: { required: body.required.length > 0, content: { 'application/json': { schema: body } } } }
      : {}),
    responses: { ...success(spec, book), ...refusals(spec) },
  };
}

function success(spec: RouteSpec, book: SchemaBook): Json {
  const status = String(spec.status ?? 200);
  if (status === '204') return { 204: { description: 'Done' } };
  return { [status]: { description: 'Done', content: { 'application/json': { schema: book.of(spec.output, 'output') } } } };
}

function refusals(spec: RouteSpec): Json {
  const codes = [
    ...COMMON_ERRORS,
    ...(spec.audience.includes('public') ? [] : GUARDED_ERRORS),
    ...(spec.audience.includes('user') || spec.audience.includes('key') ? TENANT_ERRORS : []),
    ...(spec.errors ?? []),
    ...(spec.idempotency ? (['idempotency-mismatch'] as const) : []),
  ];
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const status = HTTP_STATUS[ERROR_TABLE[code].kind];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      {
        description: list.map((code) => `\`${code}\``).join(', '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}
