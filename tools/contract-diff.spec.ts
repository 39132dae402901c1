import { asyncApi, openApi } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { breaksInAsyncApi, breaksInOpenApi } from './contract-diff.mjs';

type Json = Record<string, unknown>;

const object = (properties: Json, required: readonly string[] = []): Json => ({ type: 'object', properties, required });
const string = { type: 'string' };
const json = (schema: Json): Json => ({ content: { 'application/json': { schema } } });

interface Route {
  readonly body?: Json;
  readonly answer?: Json;
  readonly status?: number;
  readonly parameters?: readonly Json[];
  readonly security?: readonly Json[];
  readonly schemas?: Json;
}

const rest = ({ body, answer = object({}), status = 200, parameters = [], security = [{ user: [] }], schemas = {} }: Route): Json => ({
  paths: {
    '/v1/things': {
      post: {
        parameters,
        security,
        ...(body ? { requestBody: { required: true, ...json(body) } } : {}),
        responses: { [status]: json(answer), 400: { description: 'refused' } },
      },
    },
  },
  components: { schemas },
});
const breaks = (before: Route, after: Route): string[] => breaksInOpenApi(rest(before), rest(after));

describe('routes', () => {
  it('stay', () => {
    expect(breaksInOpenApi(rest({}), { paths: {}, components: { schemas: {} } })).toEqual(['POST /v1/things: the route was removed']);
    expect(breaksInOpenApi({ paths: {}, components: { schemas: {} } }, rest({}))).toEqual([]);
  });

  it('keep their status', () => {
    expect(breaks({ status: 201 }, { status: 200 })).toEqual(['POST /v1/things: no longer answers with 201']);
  });

  it('stay open to who may call them', () => {
    expect(breaks({ security: [{ user: [] }, { key: [] }] }, { security: [{ key: [] }] })).toEqual([
      'POST /v1/things: no longer open to: user',
    ]);
    expect(breaks({ security: [] }, {})).toEqual(['POST /v1/things: needs a credential now']);
    expect(breaks({}, { security: [{ user: [] }, { key: [] }] })).toEqual([]);
  });
});

describe('inputs', () => {
  const body = object({ name: string, kind: { type: 'string', enum: ['group', 'channel'] } }, ['name']);

  it('may get optional fields, looser limits and more values', () => {
    const wider = object({ name: string, kind: { type: 'string', enum: ['group', 'channel', 'direct'] }, more: string });
    expect(breaks({ body }, { body: wider })).toEqual([]);
    const limited = object({ n: { type: 'integer', minimum: 1, maximum: 10 } });
    expect(breaks({ body: limited }, { body: object({ n: { type: 'number', minimum: 0, maximum: 20 } }) })).toEqual([]);
    expect(breaks({ body: object({ n: string }) }, { body: object({ n: { anyOf: [string, { type: 'null' }] } }) })).toEqual([]);
  });

  it.each([
    ['a field gone', object({ name: string }, ['name']), 'body.kind: the input field was removed'],
    ['a field required', object({ ...(body.properties as Json) }, ['name', 'kind']), 'body.kind: the input field is required now'],
    ['a value gone', object({ name: string, kind: { type: 'string', enum: ['group'] } }, ['name']), 'body.kind: no longer accepts channel'],
    [
      'a type changed',
      object({ name: { type: 'integer' }, kind: { type: 'string', enum: ['group', 'channel'] } }, ['name']),
      'body.name: the type changed from string to integer',
    ],
    [
      'a limit new',
      object({ name: { type: 'string', maxLength: 5 }, kind: { type: 'string', enum: ['group', 'channel'] } }, ['name']),
      'body.name: maxLength is 5 now',
    ],
    [
      'a choice where there was none',
      object({ name: { type: 'string', enum: ['x'] }, kind: { type: 'string', enum: ['group', 'channel'] } }, ['name']),
      'body.name: only x are accepted now',
    ],
  ])('do not break by %s', (_name, after, what) => {
    expect(breaks({ body }, { body: after })).toEqual([`POST /v1/things ${what}`]);
  });

  it('do not lose null, and parameters count as well', () => {
    expect(breaks({ body: object({ n: { anyOf: [string, { type: 'null' }] } }) }, { body: object({ n: string }) })).toEqual([
      'POST /v1/things body.n: null was removed',
    ]);
    const limit = { name: 'limit', in: 'query', required: false, schema: { type: 'integer', maximum: 100 } };
    expect(breaks({ parameters: [limit] }, { parameters: [] })).toEqual(['POST /v1/things query limit: the input field was removed']);
    expect(breaks({ parameters: [limit] }, { parameters: [{ ...limit, required: true }] })).toEqual([
      'POST /v1/things query limit: the input field is required now',
    ]);
    expect(breaks({ parameters: [limit] }, { parameters: [{ ...limit, schema: { type: 'integer', maximum: 50 } }] })).toEqual([
      'POST /v1/things query limit: maximum is 50 now',
    ]);
    expect(breaks({}, { body })).toEqual(['POST /v1/things: needs a body now']);
  });
});

describe('answers', () => {
  it('may get fields and values', () => {
    const answer = object({ status: { type: 'string', enum: ['a'] } }, ['status']);
    expect(breaks({ answer }, { answer: object({ status: { type: 'string', enum: ['a', 'b'] }, more: string }, ['status']) })).toEqual([]);
  });

  it('keep their fields, in named shapes and lists too, and name the shape once', () => {
    const schemas = { Thing: object({ id: string, inner: { type: 'array', items: object({ x: string }) } }, ['id']) };
    const answer = object({ thing: { $ref: '#/components/schemas/Thing' }, again: { $ref: '#/components/schemas/Thing' } });
    const after = { Thing: object({ inner: { type: 'array', items: object({}) } }) };
    expect(breaks({ answer, schemas }, { answer, schemas: after })).toEqual([
      'Thing.id: the response field was removed',
      'Thing.inner[].x: the response field was removed',
    ]);
  });

  it('keep what is always there, and types a reader can expect', () => {
    expect(breaks({ answer: object({ a: string }, ['a']) }, { answer: object({ a: string }) })).toEqual([
      'POST /v1/things answer.a: the response field may be absent now',
    ]);
    expect(breaks({ answer: object({ a: string }) }, { answer: object({ a: { anyOf: [string, { type: 'null' }] } }) })).toEqual([
      'POST /v1/things answer.a: the type changed: may be null now',
    ]);
  });

  it('may contain themselves', () => {
    const schemas = { Node: object({ next: { $ref: '#/components/schemas/Node' } }) };
    const answer = { $ref: '#/components/schemas/Node' };
    expect(breaks({ answer, schemas }, { answer, schemas })).toEqual([]);
  });
});

describe('sockets', () => {
  const event = (type: string, data: Json): Json => object({ type: { type: 'string', const: type }, data }, ['type', 'data']);
  const ack = (result: Json): Json => ({
    oneOf: [
      { allOf: [object({ ok: { type: 'boolean', const: true } }, ['ok']), result] },
      object({ ok: { type: 'boolean', const: false }, error: string }, ['ok', 'error']),
    ],
  });
  const sockets = (events: readonly Json[], input = object({ text: string }), result = object({ id: string })): Json => ({
    operations: { 'chat.send': { action: 'receive' }, 'chat.created.event': { action: 'send' } },
    components: {
      messages: {
        'chat.send': { payload: input },
        'chat.send.ack': { payload: ack(result) },
        'chat.created.event': { payload: { $ref: '#/components/schemas/Event' } },
      },
      schemas: { Event: { oneOf: events } },
    },
  });
  const created = event('created', object({ id: string }));
  const before = sockets([created, event('deleted', object({}))]);

  it('may get events, fields and commands', () => {
    const after = sockets([created, event('deleted', object({})), event('edited', object({}))], object({ text: string, more: string }));
    expect(breaksInAsyncApi(before, after)).toEqual([]);
    expect(breaksInAsyncApi({ operations: {}, components: { messages: {}, schemas: {} } }, before)).toEqual([]);
  });

  it('lose no event, command, field or part of an ack', () => {
    expect(breaksInAsyncApi(before, sockets([created]))).toEqual(['Event: type=deleted was removed']);
    expect(breaksInAsyncApi(before, { operations: {}, components: { messages: {}, schemas: {} } })).toEqual([
      'chat.send: the command was removed',
      'chat.created.event: the event was removed',
    ]);
    const all = [event('created', object({})), event('deleted', object({}))];
    expect(breaksInAsyncApi(before, sockets(all, object({ text: string }, ['text']), object({})))).toEqual([
      'chat.send.text: the input field is required now',
      'chat.send (ack) (ok=true).id: the response field was removed',
      'Event (type=created).data.id: the response field was removed',
    ]);
  });
});

describe('the real contracts', () => {
  it('do not break themselves', () => {
    expect(breaksInOpenApi(openApi('1'), openApi('2'))).toEqual([]);
    expect(breaksInAsyncApi(asyncApi('1'), asyncApi('2'))).toEqual([]);
  });

  it('break all of themselves when everything goes', () => {
    const { paths } = openApi('1') as { paths: Record<string, Json> };
    const routes = Object.values(paths).flatMap(Object.keys);
    expect(breaksInOpenApi(openApi('1'), { ...openApi('1'), paths: {} })).toHaveLength(routes.length);
  });
});
