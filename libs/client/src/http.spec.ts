import { messageRoutes, roomRoutes, userRoutes } from '@parley/protocol';
import { expect, it } from 'vitest';
import { HttpClient } from './http.js';
import { createServerClient } from './server-client.js';

interface Call {
  readonly url: string;
  readonly init: RequestInit;
}

/** Answers in turn; a number alone is a page of a proxy. */
function aFetch(...answers: (readonly [status: number, body: unknown])[]): { fetch: typeof fetch; calls: Call[] } {
  const calls: Call[] = [];
  const answer = async (url: unknown, init?: RequestInit): Promise<Response> => {
    calls.push({ url: String(url), init: init ?? {} });
    const [status, body] = answers[calls.length - 1] ?? [200, {}];
    return new Response(status === 204 ? null : typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  return { calls, fetch: answer as typeof fetch };
}

const problem = (code: string, status: number) => [status, { code, title: code, status, retryable: false }] as const;

it('puts fields into path, query and body as the table says', async () => {
  const { fetch, calls } = aFetch([200, { items: [] }], [201, { message: { id: 'm' } }], [204, null]);
  const http = new HttpClient({ url: 'https://chat.example.com/base/', fetch });
  await http.call(messageRoutes.list, { roomId: 'a b', limit: 5 });
  await http.call(messageRoutes.send, { roomId: 'crew', clientMessageId: 'c', text: 'hi' });
  expect(await http.call(roomRoutes.dissolve, { roomId: 'crew' })).toBeUndefined();
  expect(calls.map(({ url, init }) => [init.method, url, init.body])).toEqual([
    ['GET', 'https://chat.example.com/base/v1/rooms/a%20b/messages?limit=5', undefined],
    ['POST', 'https://chat.example.com/base/v1/rooms/crew/messages', '{"clientMessageId":"c","text":"hi"}'],
    ['DELETE', 'https://chat.example.com/base/v1/rooms/crew', undefined],
  ]);
});

it('throws the problem of the server, and unavailable for pages of others and for silence', async () => {
  const { fetch } = aFetch(problem('muted', 403), [502, '<html>bad gateway</html>']);
  const http = new HttpClient({ url: 'https://chat.example.com', fetch });
  await expect(http.call(userRoutes.me, {})).rejects.toMatchObject({ code: 'muted', retryable: false });
  await expect(http.call(userRoutes.me, {})).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  const dead = new HttpClient({ url: 'https://chat.example.com', fetch: () => Promise.reject(new TypeError('fetch failed')) });
  await expect(dead.call(userRoutes.me, {})).rejects.toMatchObject({ code: 'unavailable', retryable: true });
});

it('gives up a body that stops in the middle', async () => {
  const stalled: typeof fetch = async (_, init) => {
    const body = new ReadableStream({
      start: (control) => init?.signal?.addEventListener('abort', () => control.error(init.signal?.reason)),
    });
    return new Response(body, { status: 200 });
  };
  const http = new HttpClient({ url: 'https://chat.example.com', fetch: stalled, timeoutMs: 20 });
  await expect(http.call(userRoutes.me, {})).rejects.toMatchObject({ code: 'timeout', retryable: true });
});

it('asks once for a newer token when the present one has expired', async () => {
  let token = 'old';
  const onExpired = async (): Promise<boolean> => ((token = 'new'), true);
  const { fetch, calls } = aFetch(
    problem('token-expired', 401),
    [200, { user: { id: 'ann' } }],
    problem('token-expired', 401),
    problem('token-expired', 401),
  );
  const http = new HttpClient({ url: 'https://chat.example.com', fetch, onExpired, headers: () => ({ authorization: token }) });
  expect((await http.call(userRoutes.me, {})).user.id).toBe('ann');
  expect(calls.map(({ init }) => (init.headers as Record<string, string>)['authorization'])).toEqual(['old', 'new']);
  await expect(http.call(userRoutes.me, {})).rejects.toMatchObject({ code: 'token-expired' });
  expect(calls).toHaveLength(4);
});

it('is a typed client for servers, acting as a user where asked to', async () => {
  const { fetch, calls } = aFetch([200, { user: { id: 'ann' } }], [201, { message: { id: 'm' } }]);
  const server = createServerClient({ url: 'https://chat.example.com', apiKey: 'sk_acme_1', fetch });
  await server.users.put({ userId: 'ann', name: 'Ann' });
  await server.as('ann').messages.send({ roomId: 'crew', clientMessageId: 'c', text: 'hi' }, { idempotencyKey: 'k' });
  const headers = calls.map(({ init }) => init.headers as Record<string, string>);
  expect(headers.map((all) => [all['authorization'], all['parley-user'], all['idempotency-key']])).toEqual([
    ['Bearer sk_acme_1', undefined, undefined],
    ['Bearer sk_acme_1', 'ann', 'k'],
  ]);
});
