import type { Args, Out, Problem, RouteSpec } from '@parley/protocol';

/** A refusal by the server, with the stable `code` to branch on, or `unavailable` when no answer came. */
export class ParleyError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ParleyError';
  }

  get code(): string {
    return this.problem.code;
  }

  get retryable(): boolean {
    return this.problem.retryable;
  }
}

export interface HttpOptions {
  /** Where the server is, as `https://chat.example.com` (a path is kept). */
  readonly url: string;
  /** Headers of each request: credentials, `Parley-User`, `Parley-Csrf`. Asked anew every time, so that tokens may change. */
  readonly headers?: () => Record<string, string> | Promise<Record<string, string>>;
  /** Milliseconds until a request is given up. Default 15,000. */
  readonly timeoutMs?: number;
  /** Send cookies (the dashboard). */
  readonly credentials?: 'include' | 'same-origin' | 'omit';
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** Calls the rows of the route table, typed. Throws `ParleyError`. */
export class HttpClient {
  constructor(private readonly options: HttpOptions) {}

  async call<R extends RouteSpec>(route: R, args: Args<R>, call: CallOptions = {}): Promise<Out<R>> {
    const { url, body } = this.address(route, args as Record<string, unknown>);
    const timeout = AbortSignal.timeout(this.options.timeoutMs ?? 15_000);
    const headers: Record<string, string> = { accept: 'application/json', ...(await this.options.headers?.()) };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey;
    const response = await (this.options.fetch ?? fetch)(url, {
      method: route.method,
      headers,
      body,
      credentials: this.options.credentials,
      signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
    }).catch((error: unknown) => {
      if (call.signal?.aborted) throw error;
      throw new ParleyError(localProblem('unavailable', `no answer from ${new URL(url, 'http://localhost').host}`));
    });
    if (response.status === 204) return undefined as Out<R>;
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as Out<R>;
    throw new ParleyError(problemOf(text, response.status));
  }

  private address(route: RouteSpec, args: Record<string, unknown>): { url: string; body?: string } {
    const rest = { ...args };
    const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
      const value = rest[name];
      delete rest[name];
      return encodeURIComponent(String(value));
    });
    const base = `${this.options.url.replace(/\/$/, '')}${path}`;
    if (route.method !== 'GET' && route.method !== 'DELETE') return { url: base, body: JSON.stringify(rest) };
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(rest)) {
      if (value !== undefined) query.set(name, Array.isArray(value) ? value.join(',') : String(value));
    }
    return { url: query.size > 0 ? `${base}?${query}` : base };
  }
}

/** An error of this side, in the shape of the server's. */
export function localProblem(code: string, detail: string): Problem {
  return { type: `urn:parley:problem:${code}`, title: detail, status: 0, detail, code, requestId: '', retryable: true };
}

function problemOf(text: string, status: number): Problem {
  try {
    const parsed = JSON.parse(text) as Problem;
    if (typeof parsed.code === 'string') return parsed;
  } catch {
    // Not ours: a proxy's page.
  }
  return { ...localProblem(status >= 500 ? 'unavailable' : 'internal', `the server answered ${status}`), status, retryable: status >= 500 };
}
