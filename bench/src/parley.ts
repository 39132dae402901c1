import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from './load/crowd.ts';

/** Setting up users, rooms and tokens in a running Parley, as an app's server does it. */

export interface Place {
  readonly userId: string;
  /** The first one is where it sends. */
  readonly rooms: readonly string[];
}

interface FirstRun {
  readonly tenant: { readonly id: string; readonly apiKey: string; readonly signingKeyId: string; readonly signingSecret: string };
}

const SETTING_UP = 4;
const REST_TIMEOUT_MS = 60_000;
const MEMBERS_PER_CALL = 500;
const GROUP_MEMBERS = 500;
const TOKEN_SECONDS = 86_400;
/** Above what any scenario needs, as `--rate-…` is for the limits that new tenants get. */
const LIMITS = { groupMembers: 10_000, sendsPerSecond: 100_000, sendBurst: 100_000 };

/** A guest per place, with everybody in their rooms. */
export async function seatInParley(port: number, dataDirectory: string, places: readonly Place[]): Promise<readonly Guest[]> {
  const { tenant } = privateFile<FirstRun>(dataDirectory, 'first-run.json');
  const call: Call = (path, body) => ask(`http://127.0.0.1:${port}${path}`, { method: 'POST', secret: tenant.apiKey, body });
  const rooms = Map.groupBy(
    places.flatMap(({ userId, rooms: some }) => some.map((id) => ({ userId, id }))),
    ({ id }) => id,
  );
  if ([...rooms.values()].some(({ length }) => length > GROUP_MEMBERS)) {
    const { token } = privateFile<{ readonly token: string }>(dataDirectory, 'chatctl-context.json');
    const url = `http://127.0.0.1:${port}/v1/admin/tenants/${tenant.id}`;
    await ask(url, { method: 'PATCH', secret: token, body: { settings: { limits: LIMITS } } });
  }
  const waiting = [...rooms];
  const workers = Array.from({ length: SETTING_UP }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await makeRoom(
        call,
        next[0],
        next[1].map(({ userId }) => userId),
      );
    }
  });
  await Promise.all(workers);
  return places.map(({ userId, rooms: own }) => ({ token: userToken(tenant, userId), rooms: own }));
}

type Call = (path: string, body: unknown) => Promise<unknown>;

async function makeRoom(call: Call, id: string, members: readonly string[]): Promise<void> {
  await call('/v1/rooms', { id, kind: 'group', name: id, members: members.slice(0, MEMBERS_PER_CALL) });
  for (let from = MEMBERS_PER_CALL; from < members.length; from += MEMBERS_PER_CALL) {
    await call(`/v1/rooms/${id}/members`, { userIds: members.slice(from, from + MEMBERS_PER_CALL) });
  }
}

/** Signed here, as an app's server signs them: thousands of calls for tokens would only be waited for. */
function userToken({ signingKeyId, signingSecret }: FirstRun['tenant'], userId: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256', typ: 'JWT', kid: signingKeyId })}.${part({ sub: userId, iat: now, exp: now + TOKEN_SECONDS })}`;
  return `${signed}.${createHmac('sha256', signingSecret).update(signed).digest('base64url')}`;
}

const privateFile = <T>(directory: string, name: string): T => JSON.parse(readFileSync(join(directory, name), 'utf8')) as T;

interface Ask {
  readonly method: 'POST' | 'PATCH';
  readonly secret: string;
  readonly body: unknown;
}

async function ask(url: string, { method, secret, body }: Ask): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REST_TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname} answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

export async function untilReady(port: number, patienceMs: number): Promise<void> {
  const end = performance.now() + patienceMs;
  while (performance.now() < end) {
    const isReady = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (isReady) return;
    await sleep(10);
  }
  throw new Error(`/readyz did not answer 200 within ${patienceMs} ms`);
}
