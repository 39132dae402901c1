import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Problem, type RouteName, type RouteSpec, routeTable } from '@parley/protocol';

export interface Heard {
  readonly route: RouteName;
  readonly input: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
}

type Answer = (input: Record<string, unknown>, heard: readonly Heard[]) => unknown;

/** A server's refusal, as `send` of it: status and problem. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly more: Partial<Problem> = {},
  ) {}
}

export interface FarSide {
  readonly url: string;
  readonly heard: Heard[];
  /** What the rows of the route table answer. A row without an answer is a 404. */
  answers: Partial<Record<RouteName, Answer>>;
  /** `/readyz`, `/version` and whatever else is no row. */
  pages: Record<string, { readonly status: number; readonly body: unknown }>;
  /** The clock of the `Date` header, in milliseconds from ours. */
  clockSkewMs: number;
  close(): Promise<void>;
}

export const TOKEN = 'pat_test-token';

/** The other end of the wire: parses and answers by the route table's own schemas, and knows one operator's token. */
export async function aFarSide(): Promise<FarSide> {
  const side: Omit<FarSide, 'url' | 'close'> = { heard: [], answers: {}, pages: {}, clockSkewMs: 0 };
  const server = createServer((request, response) => {
    void answerTo(request, side).then(({ status, body }) => {
      response.sendDate = false;
      response.setHeader('date', new Date(Date.now() + side.clockSkewMs).toUTCString());
      response.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? undefined : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(side, {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  });
}

async function answerTo(request: IncomingMessage, side: Omit<FarSide, 'url' | 'close'>): Promise<{ status: number; body?: unknown }> {
  const url = new URL(request.url ?? '/', 'http://far.side');
  const page = side.pages[url.pathname];
  if (page) return page;
  const found = rowOf(request.method ?? 'GET', url.pathname);
  if (!found) return refusal(404, 'not-found');
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return refusal(401, 'unauthenticated');
  const body = await textOf(request);
  const parsed = found.spec.input.safeParse({
    ...Object.fromEntries(url.searchParams),
    ...(body ? (JSON.parse(body) as object) : {}),
    ...found.segments,
  });
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({ pointer: `/${issue.path.join('/')}`, code: issue.code, detail: issue.message }));
    return refusal(400, 'validation-failed', { errors });
  }
  const input = parsed.data as Record<string, unknown>;
  side.heard.push({ route: found.name, input, headers: request.headers });
  const answer = side.answers[found.name]?.(input, side.heard);
  if (answer instanceof Refusal) return refusal(answer.status, answer.code, answer.more);
  if (found.spec.status === 204) return { status: 204 };
  return answer === undefined ? refusal(404, 'not-found') : { status: found.spec.status ?? 200, body: found.spec.output.parse(answer) };
}

function rowOf(method: string, path: string): { name: RouteName; spec: RouteSpec; segments: Record<string, string> } | undefined {
  for (const [name, spec] of routeTable) {
    const pattern = new RegExp(`^${spec.path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
    const match = spec.method === method ? pattern.exec(path) : null;
    if (match)
      return {
        name,
        spec,
        segments: Object.fromEntries(Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)])),
      };
  }
  return undefined;
}

function refusal(status: number, code: string, more: Partial<Problem> = {}): { status: number; body: Problem } {
  return { status, body: { type: `urn:parley:problem:${code}`, title: code, status, code, requestId: 'req-1', retryable: false, ...more } };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
