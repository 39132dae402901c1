import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';

/** Sessions of engine.io whose node is remembered. */
const SESSIONS_MAX = 100_000;
const LOOK_EVERY_MS = 500;
const PATIENCE_MS = 2_000;
/** Between proxy and node only; RFC 9110, 7.6.1. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/**
 * A load balancer for a few nodes on one machine: takes turns among those that are ready, and sends every request of one
 * Socket.IO session to the node that opened it, as clients that begin with polling need it. Not for the world to reach.
 * `nodes`: `{ host, port }`. Resolves to `{ port, close }`.
 */
export async function startStickyProxy(nodes, port = 0) {
  const sessions = new Map();
  const ready = new Set();
  /** Sessions are dealt out by themselves, or calls between them would make it a matter of luck. */
  const turns = { session: 0, call: 0 };

  const look = async () => {
    await Promise.all(
      nodes.map(async (node) => {
        if (await isReady(node)) ready.add(node);
        else ready.delete(node);
      }),
    );
  };
  const next = (kind) => {
    const candidates = nodes.filter((node) => ready.has(node));
    turns[kind] += 1;
    return candidates[turns[kind] % candidates.length];
  };
  const chosen = (url) => {
    const sid = /[?&]sid=([\w-]+)/.exec(url)?.[1];
    return (sid && sessions.get(sid)) || next(url.startsWith('/socket.io/') ? 'session' : 'call');
  };
  const remember = (sid, node) => {
    sessions.set(sid, node);
    if (sessions.size > SESSIONS_MAX) sessions.delete(sessions.keys().next().value);
  };

  const server = createServer((incoming, answer) => {
    const node = chosen(incoming.url);
    if (!node) return refuse(answer);
    const isOpening = incoming.url.startsWith('/socket.io/') && !incoming.url.includes('sid=');
    const outgoing = ask({ ...node, method: incoming.method, path: incoming.url, headers: headersFor(incoming) }, (reply) => {
      answer.writeHead(reply.statusCode, withoutHops(reply.headers));
      if (isOpening) reply.on('data', (chunk) => learn(String(chunk), (sid) => remember(sid, node)));
      reply.pipe(answer);
      reply.on('error', () => answer.destroy());
    });
    outgoing.on('error', () => (answer.headersSent ? answer.destroy() : refuse(answer)));
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });

  server.on('upgrade', (incoming, socket, head) => {
    const node = chosen(incoming.url);
    if (!node) return socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\r\n');
    const upstream = connect({ ...node, noDelay: true });
    socket.setNoDelay(true);
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    upstream.on('connect', () => {
      const headers = Object.entries({ ...incoming.headers, 'x-forwarded-for': forwardedFor(incoming) });
      upstream.write(`GET ${incoming.url} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
  });

  await look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  await new Promise((done, failed) => server.on('error', failed).listen(port, '127.0.0.1', done));
  return {
    port: server.address().port,
    close: async () => {
      clearInterval(timer);
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function refuse(answer) {
  const problem = { status: 503, code: 'unavailable', title: 'No node is ready', retryable: true, retryAfterMs: 1_000 };
  answer.writeHead(503, { 'retry-after': '1', 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
}

/** The first packet of a session: `0{"sid":"…",…}`. */
function learn(text, found) {
  const sid = /^0\{"sid":"([\w-]+)"/.exec(text)?.[1];
  if (sid) found(sid);
}

const forwardedFor = ({ headers, socket }) => [headers['x-forwarded-for'], socket.remoteAddress].filter(Boolean).join(', ');
const headersFor = (incoming) => ({ ...withoutHops(incoming.headers), 'x-forwarded-for': forwardedFor(incoming) });
const withoutHops = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));

async function isReady({ host, port }) {
  try {
    const response = await fetch(`http://${host}:${port}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
