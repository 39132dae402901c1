import { STATUS_CODES, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { DomainError } from '@parley/domain';
import { presentProblem } from '@parley/protocol';

/** What engine.io reads from the query; it takes ours when it is there. */
export interface EngineRequest extends IncomingMessage {
  _query?: Readonly<Record<string, string>>;
}

export interface Gate {
  /** With a slash behind. */
  readonly path: string;
  readonly requestId: () => string;
  /** Throws what the request is refused with. */
  readonly judge: (request: EngineRequest) => Promise<void>;
}

/** A transport's name, a session id, a stamp against caches: no client needs nearly as much. */
const QUERY_MAX = 1_024;

/** engine.io answers others with 500. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'OPTIONS']);

type Listener = (...args: readonly unknown[]) => void;

/**
 * Stands before engine.io, which answers whatever it refuses with 400 or 403: a stock client of another language gives up
 * then, and nobody is told when to come back.
 */
export function guardHandshakes(http: HttpServer, gate: Gate): void {
  const isOurs = ({ url = '' }: IncomingMessage): boolean => url.startsWith(gate.path);
  const [onRequest, onUpgrade] = [takeListeners(http, 'request'), takeListeners(http, 'upgrade')];
  http.on('request', (request: EngineRequest, response: ServerResponse) => {
    if (!isOurs(request)) return onRequest(request, response);
    admit(request, gate).then(
      () => onRequest(request, response),
      (error: unknown) => refuse(response, problemOf(error, gate)),
    );
  });
  http.on('upgrade', (request: EngineRequest, socket: Duplex, head: Buffer) => {
    if (!isOurs(request)) return refuseUpgrade(socket, problemOf(new DomainError('not-found'), gate));
    socket.on('error', ignore);
    admit(request, gate).then(
      () => {
        socket.off('error', ignore);
        onUpgrade(request, socket, head);
      },
      (error: unknown) => refuseUpgrade(socket, problemOf(error, gate)),
    );
  });
}

const ignore = (): void => undefined;

function takeListeners(http: HttpServer, event: 'request' | 'upgrade'): Listener {
  const listeners = http.listeners(event) as Listener[];
  http.removeAllListeners(event);
  return (...args) => {
    for (const listener of listeners) listener.apply(http, [...args]);
  };
}

/** The query is read once and the same way for both sides of the gate, so that no spelling is a handshake for one only. */
async function admit(request: EngineRequest, gate: Gate): Promise<void> {
  const { url = '', method = '' } = request;
  if (!METHODS.has(method)) throw new DomainError('validation-failed', { detail: 'no such method here' });
  if (url.length > gate.path.length + QUERY_MAX) throw new DomainError('too-large', { detail: 'the query is too long' });
  request._query = Object.fromEntries(new URL(url, 'http://localhost').searchParams);
  await gate.judge(request);
}

type Refusal = ReturnType<typeof presentProblem>;

const problemOf = (error: unknown, { requestId }: Gate): Refusal =>
  presentProblem(error instanceof DomainError ? error : new DomainError('unavailable'), requestId());

/** Only refusals that pass say when to come back. */
function headersOf({ status, retryAfterMs }: Refusal, length: number): Record<string, string> {
  return {
    'content-type': 'application/problem+json',
    'content-length': String(length),
    'access-control-allow-origin': '*',
    'cache-control': 'no-store',
    connection: 'close',
    ...(status === 503 || retryAfterMs !== undefined
      ? { 'retry-after': String(Math.max(1, Math.ceil((retryAfterMs ?? 1_000) / 1_000))) }
      : {}),
  };
}

function refuse(response: ServerResponse, problem: Refusal): void {
  const body = Buffer.from(JSON.stringify(problem));
  response.writeHead(problem.status, headersOf(problem, body.length)).end(body);
}

function refuseUpgrade(socket: Duplex, problem: Refusal): void {
  const body = JSON.stringify(problem);
  const headers = Object.entries(headersOf(problem, Buffer.byteLength(body))).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', ignore);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n${headers.join('')}\r\n${body}`, () => socket.destroy());
}
