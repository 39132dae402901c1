import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask, type Answer } from '../testing/ask.js';
import { PostgresProxy } from '../testing/postgres-proxy.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnPostgres, type PostgresServer } from '../testing/server-on-postgres.js';
import { SocketUser } from '../testing/socket-user.js';
import { until } from '../testing/until.js';

/** G21: an answer within five seconds, whatever the database does; what the way here and back takes is on top. */
const AT_MOST_MS = 5_500;

let proxy: PostgresProxy;
let server: PostgresServer;
let scene: Scene;
beforeAll(async () => {
  proxy = await PostgresProxy.before(inject('postgresUrl'));
  server = await serverOnPostgres(proxy.url);
  scene = await aScene(server);
});
afterAll(async () => {
  await server.close();
  await proxy.cut();
});

const send = (clientMessageId: string) =>
  ask(server.url, 'POST', '/v1/rooms/crew/messages', { token: scene.owner, body: { clientMessageId, text: clientMessageId } });

async function expectUnavailable(asking: Promise<Answer>): Promise<void> {
  const began = performance.now();
  const { status, headers, body } = await asking;
  expect(performance.now() - began).toBeLessThan(AT_MOST_MS);
  expect([status, body.code, body.retryable]).toEqual([503, 'unavailable', true]);
  expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
}

const TROUBLES: readonly [string, { begin(): Promise<void> | void; end(): Promise<void> | void }][] = [
  ['refuses connections', { begin: () => proxy.cut(), end: () => proxy.begin() }],
  ['stands still', { begin: () => proxy.standStill(), end: () => proxy.moveOn() }],
];

describe.each(TROUBLES)('G21: a database that %s', (what, trouble) => {
  it('is a 503 with Retry-After or an error ack within five seconds, and nothing is lost when it is back', async () => {
    const ann = await SocketUser.enter(server.url, scene.owner);
    expect((await send(`before ${what}`)).status).toBe(201);
    expect((await ask(server.url, 'GET', '/readyz')).status).toBe(200);
    await trouble.begin();
    const command = ann.ask('message.send', { roomId: 'crew', clientMessageId: `socket ${what}`, text: 'x' });
    await Promise.all([
      expectUnavailable(send(`during ${what}`)),
      expectUnavailable(ask(server.url, 'GET', '/v1/rooms/crew', { token: scene.owner })),
      expectUnavailable(ask(server.url, 'GET', '/v1/users', { token: scene.key })),
      expectUnavailable(ask(server.url, 'GET', '/v1/admin/tenants', { token: scene.platformOwner })),
      expectUnavailable(ask(server.url, 'POST', '/v1/admin/session', { body: { email: 'any@example.org', password: 'any password' } })),
      command.then(({ error }) => expect(error).toMatchObject({ code: 'unavailable', status: 503 })),
    ]);
    const ready = await until('readiness to notice', async () => {
      const answer = await ask(server.url, 'GET', '/readyz');
      return answer.status === 503 && answer;
    });
    expect(ready.headers['retry-after']).toBe('1');
    expect(ready.body.checks).toContainEqual(expect.objectContaining({ name: 'database', ok: false }));
    expect((await ask(server.url, 'GET', '/livez')).status).toBe(200);
    // Who connects meanwhile is not refused for good: the transport closes.
    const bo = SocketUser.dial(server.url, { auth: { token: scene.member } });
    await until('the end', () => bo.socket.io.engine?.readyState === 'closed', AT_MOST_MS);
    expect(bo.refusal).toBeUndefined();
    bo.leave();
    await trouble.end();
    const again = await until(
      'the way back',
      async () => {
        const answer = await send(`during ${what}`);
        return answer.status === 201 && answer;
      },
      10_000,
    );
    expect(again.body.message).toMatchObject({ clientMessageId: `during ${what}` });
    await until('readiness', async () => (await ask(server.url, 'GET', '/readyz')).status === 200);
    const { body } = await ask(server.url, 'GET', '/v1/rooms/crew/messages?limit=100', { token: scene.owner });
    const ids = (body.items as { clientMessageId: string }[]).map(({ clientMessageId }) => clientMessageId);
    expect(ids.filter((id) => id === `during ${what}`)).toHaveLength(1);
    expect(ids).toContain(`before ${what}`);
    ann.leave();
  });
});
