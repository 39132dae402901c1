import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { RouteSpec } from '@parley/protocol';

export interface Question {
  /** Goes out as `Authorization: Bearer`. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Goes out as JSON. */
  readonly body?: unknown;
  /** Goes out as it is. */
  readonly raw?: string | Buffer;
}

export interface Body {
  readonly code?: string;
  readonly detail?: string;
  readonly retryAfterMs?: number;
  readonly errors?: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];
  readonly [field: string]: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed where it is JSON, else empty. */
  readonly body: Body;
}

/** One request on a connection of its own. The path goes out byte for byte: nothing tidies up dots, slashes or escapes. */
export function ask(origin: string, method: string, path: string, { token, headers, body, raw }: Question = {}): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const all: Record<string, string | string[]> = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(content === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(content)) }),
  };
  for (const [name, value] of Object.entries(headers ?? {})) all[name] = typeof value === 'string' ? value : [...value];
  return new Promise((done, fail) => {
    const request = httpRequest({ hostname, port, method, path, headers: all, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = text !== '' && /json/.test(String(response.headers['content-type'] ?? ''));
        done({ status: response.statusCode ?? 0, headers: response.headers, text, body: isJson ? (JSON.parse(text) as Body) : {} });
      });
    });
    request.on('error', fail);
    request.end(content);
  });
}

/** One call of a route: path segments from the arguments, the rest as query or body, whichever the method takes. */
export function askRoute(origin: string, spec: RouteSpec, args: object, question: Question = {}): Promise<Answer> {
  const rest = new Map<string, unknown>(Object.entries(args));
  const path = spec.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(rest.get(name));
    rest.delete(name);
    return encodeURIComponent(value);
  });
  const isRead = spec.method === 'GET';
  const query = isRead ? new URLSearchParams(Object.fromEntries([...rest].map(([name, value]) => [name, String(value)]))).toString() : '';
  const body = isRead || (spec.method === 'DELETE' && rest.size === 0) ? undefined : Object.fromEntries(rest);
  return ask(origin, spec.method, query ? `${path}?${query}` : path, { body, ...question });
}
