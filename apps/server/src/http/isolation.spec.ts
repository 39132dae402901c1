import { ERROR_TABLE, type ErrorCode } from '@parley/domain';
import { routeTable, type RouteName, type RouteSpec } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, askRoute, type Answer, type Question } from '../testing/ask.js';
import { withIds } from '../testing/ids.js';
import { aScene, NOWHERE, platformRows, rowsOf, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { ROUTE_ROWS, type OperatorCaller, type Outcome, type Row, type TenantCaller } from './isolation.table.js';

let server: MemoryServer;

/** One server per noun: what is compared stays small. */
function withServer(): void {
  beforeAll(async () => {
    server = await serverOnMemory();
  });
  afterAll(async () => {
    expect(server.bugs).toEqual([]);
    await server.close();
  });
}

type Caller = TenantCaller | OperatorCaller;
const rowOf = (name: RouteName): Row => ROUTE_ROWS[name];
const isFor = (spec: RouteSpec, audience: 'public' | 'operator'): boolean => spec.audience.includes(audience);
const ofOperators = ([, spec]: [RouteName, RouteSpec]): boolean => isFor(spec, 'operator');
const ofTenants = ([, spec]: [RouteName, RouteSpec]): boolean => !isFor(spec, 'operator') && !isFor(spec, 'public');
const byNoun = (fits: (route: [RouteName, RouteSpec]) => boolean): [string, [RouteName, RouteSpec][]][] =>
  Object.entries(Object.groupBy([...routeTable].filter(fits), ([name]) => name.split('.')[0] ?? '')).flatMap(([noun, routes]) =>
    routes ? [[noun, routes]] : [],
  );

const call = (spec: RouteSpec, args: object, question: Question) => askRoute(server.url, spec, args, question);
const problemOf = ({ body }: Answer) => ({ ...body, requestId: '', instance: '' });

async function expectOutcome(outcome: Outcome, answer: Answer, context: { spec: RouteSpec; row: Row; scene: Scene; token: string }) {
  const { spec, row, scene, token } = context;
  const success = row.success ?? spec.status ?? 200;
  if (outcome === 'allowed' || outcome === 'own') {
    expect(answer.status, answer.text).toBe(success);
    if (outcome === 'own') expect(answer.text).not.toMatch(/canary of acme|crew/);
    if (outcome === 'own') expect(answer.text).not.toContain(scene.tenantId);
    return;
  }
  if (outcome === 'missing') {
    expect(answer.status, answer.text).toBe(404);
    const missing = await call(spec, withIds(row.args(scene), NOWHERE), { token });
    expect(problemOf(answer)).toEqual(problemOf(missing));
    return;
  }
  const [, inside] = outcome.split('inside:');
  if (inside !== undefined) {
    expect(answer.body).toMatchObject({ rooms: [{ error: { code: inside } }] });
    expect(answer.text).not.toContain('canary');
    return;
  }
  expect(answer.status, answer.text).toBe(403);
  expect(ERROR_TABLE[outcome as ErrorCode].kind).toBe('forbidden');
  expect(answer.body.code).toBe(outcome);
}

/** Refusals leave every row of both tenants and of the platform as it was; success of strangers leaves this tenant's. */
async function expectAll(name: RouteName, spec: RouteSpec, tokenOf: (scene: Scene, caller: Caller) => string): Promise<void> {
  const row = rowOf(name);
  const outcomes = Object.entries(row.outcomes) as [Caller, Outcome][];
  const scene = await aScene(server);
  const before = [rowsOf(server.db, scene.tenantId), rowsOf(server.db, scene.otherId), platformRows(server.db)];
  for (const [caller, outcome] of outcomes.filter(([, outcome]) => outcome !== 'allowed' && outcome !== 'own')) {
    const token = tokenOf(scene, caller);
    await expectOutcome(outcome, await call(spec, row.args(scene), { token }), { spec, row, scene, token });
  }
  expect([rowsOf(server.db, scene.tenantId), rowsOf(server.db, scene.otherId), platformRows(server.db)]).toEqual(before);
  for (const [caller, outcome] of outcomes.filter(([, outcome]) => outcome === 'allowed' || outcome === 'own')) {
    const fresh = await aScene(server);
    const untouched = rowsOf(server.db, fresh.tenantId);
    const token = tokenOf(fresh, caller);
    await expectOutcome(outcome, await call(spec, row.args(fresh), { token }), { spec, row, scene: fresh, token });
    if (outcome === 'own') expect(rowsOf(server.db, fresh.tenantId)).toBe(untouched);
  }
}

const foreignIds = ({ otherRoomId, otherMessageId, otherKeyId }: Scene) => ({
  roomId: otherRoomId,
  messageId: otherMessageId,
  keyId: otherKeyId,
  userId: 'zed',
  asUserId: 'zed',
});

/** Names of a scene, to see which routes take ids that another tenant's could stand for. */
const PAPER = { roomId: 'r', channelId: 'r', messageId: 'm', keyId: 'k', signingKeyId: 'k', spareId: 'u' } as Scene;
const takesIds = (name: RouteName): boolean => /"(roomId|userIds?|messageId|keyId)"/.test(JSON.stringify(rowOf(name).args(PAPER)));

/** Ids of the other tenant in the hands of somebody who may do anything here. */
async function expectNoCrossing(name: RouteName, spec: RouteSpec, tokenOf: (scene: Scene) => string): Promise<void> {
  const scene = await aScene(server);
  const args = rowOf(name).args(scene);
  const foreign = withIds(args, foreignIds(scene));
  const other = rowsOf(server.db, scene.otherId);
  const { userId, ...rest } = NOWHERE;
  const nowhere = { ...rest, tenantId: scene.tenantId, userId, asUserId: userId };
  const crossed = await call(spec, foreign, { token: tokenOf(scene) });
  const missing = await call(spec, withIds(args, nowhere), { token: tokenOf(scene) });
  expect(crossed.status, crossed.text).toBe(missing.status);
  if (missing.status >= 400) expect(problemOf(crossed)).toEqual(problemOf(missing));
  expect(crossed.text).not.toMatch(/canary of other/);
  expect(crossed.text).not.toContain(scene.otherId);
  expect(rowsOf(server.db, scene.otherId)).toBe(other);
}

describe.each(byNoun(ofTenants))('%s', (_, routes) => {
  withServer();
  describe.each(routes)('%s', tenantRoute);
});

describe.each(byNoun(ofOperators))('%s', (_, routes) => {
  withServer();
  describe.each(routes)('%s', operatorRoute);
});

function tenantRoute(name: RouteName, spec: RouteSpec): void {
  it('is closed without a good credential of a tenant', async () => {
    const scene = await aScene(server);
    const before = rowsOf(server.db, scene.tenantId);
    const args = rowOf(name).args(scene);
    const none = await call(spec, args, {});
    expect(none.body).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(none.headers['www-authenticate']).toBe('Bearer');
    for (const token of [
      'garbage',
      'sk_garbage',
      `sk_${scene.tenantId}_${'a'.repeat(40)}`,
      'a.b.c',
      scene.platformOwner,
      scene.tenantOwner,
    ]) {
      const refused = await call(spec, args, { token });
      expect(refused.body, token).toMatchObject({ status: 401, code: 'token-invalid' });
      expect(refused.headers['www-authenticate']).toBe('Bearer');
    }
    expect(rowsOf(server.db, scene.tenantId)).toBe(before);
  });

  it('gives every caller what the table says, and refusals change nothing', async () => {
    await expectAll(name, spec, (scene, caller) => scene[caller]);
  });

  if (takesIds(name)) {
    it('takes no ids of another tenant', async () => {
      await expectNoCrossing(name, spec, (scene) => (spec.audience.includes('user') ? scene.owner : scene.key));
    });
  }

  it('needs its scope, and act-as to speak for a user', async () => {
    const scene = await aScene(server);
    const args = rowOf(name).args(scene);
    const before = rowsOf(server.db, scene.tenantId);
    if (spec.scope) {
      const narrow = await scene.keyWithout(spec.scope);
      expect((await call(spec, args, { token: narrow })).body).toMatchObject({ status: 403, code: 'forbidden' });
      const asUser = await call(spec, args, { token: narrow, headers: { 'parley-user': 'ann' } });
      expect(asUser.body).toMatchObject({ status: 403, code: 'forbidden' });
    }
    const silent = await scene.keyWithout('act-as');
    const asUser = await call(spec, args, { token: silent, headers: { 'parley-user': 'ann' } });
    expect(asUser.body).toMatchObject({ status: 403, code: 'forbidden' });
    const isSame = (row: string, index: number): boolean => row === before.split('\n')[index] || /^(apiKeys|audit) /.test(row);
    expect(rowsOf(server.db, scene.tenantId).split('\n').every(isSame)).toBe(true);
  });

  if (!spec.audience.includes('user')) {
    it('is refused to users at the door already', async () => {
      const scene = await aScene(server);
      const { body } = await call(spec, rowOf(name).args(scene), { token: scene.owner });
      expect(body).toMatchObject({ status: 403, detail: 'this is done with an API key' });
    });
  }

  it('gives a key of another tenant that speaks for a user of the same name nothing of this one', async () => {
    const scene = await aScene(server);
    const before = rowsOf(server.db, scene.tenantId);
    const answer = await call(spec, rowOf(name).args(scene), { token: scene.foreignKey, headers: { 'parley-user': 'ann' } });
    expect(answer.text).not.toMatch(/canary|Crew/);
    if (spec.path.includes(':roomId')) expect(answer.status).toBe(404);
    expect(rowsOf(server.db, scene.tenantId)).toBe(before);
  });
}

function operatorRoute(name: RouteName, spec: RouteSpec): void {
  it('is closed without a good credential of an operator', async () => {
    const scene = await aScene(server);
    const before = [rowsOf(server.db, scene.tenantId), platformRows(server.db)];
    const args = rowOf(name).args(scene);
    const none = await call(spec, args, {});
    expect(none.body).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(none.headers['www-authenticate']).toBe('Bearer');
    for (const token of ['garbage', `pat_${'a'.repeat(40)}`, scene.owner, scene.key]) {
      expect((await call(spec, args, { token })).body, token).toMatchObject({ status: 401, code: 'token-invalid' });
    }
    expect([rowsOf(server.db, scene.tenantId), platformRows(server.db)]).toEqual(before);
  });

  it('gives every operator what the table says, and refusals change nothing', async () => {
    await expectAll(name, spec, (scene, caller) => scene[caller]);
  });

  if (takesIds(name)) {
    it('takes no ids of another tenant', async () => {
      await expectNoCrossing(name, spec, (scene) => (spec.path.includes(':tenantId') ? scene.tenantOwner : scene.platformOwner));
    });
  }
}

describe('session.signIn', () => {
  withServer();

  it('lets nobody in with a wrong password, known or not', async () => {
    const scene = await aScene(server);
    const { operator } = await server.seed.operator('known@example.org', 'owner');
    const refused = await ask(server.url, 'POST', '/v1/admin/session', { body: { email: operator.email, password: 'wrong' } });
    const unknown = await ask(server.url, 'POST', '/v1/admin/session', { body: rowOf('session.signIn').args(scene) });
    expect(refused.body).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(problemOf(unknown)).toEqual(problemOf(refused));
    expect(refused.headers['set-cookie']).toBeUndefined();
  });
});

describe('the walk', () => {
  withServer();

  it('sees what is stored', async () => {
    const { tenantId, otherId } = await aScene(server);
    expect(rowsOf(server.db, tenantId)).toContain('the canary of acme');
    expect(rowsOf(server.db, otherId)).toContain('the canary of other');
    expect(platformRows(server.db)).toContain('@example.org');
  });
});

it('has a row for every route and an outcome for every caller of it', () => {
  expect(Object.keys(ROUTE_ROWS).sort()).toEqual([...routeTable.keys()].sort());
  for (const [name, spec] of routeTable) {
    if (!isFor(spec, 'public')) expect(Object.values(rowOf(name).outcomes), name).toContain('allowed');
  }
});
