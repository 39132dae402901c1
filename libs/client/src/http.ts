import type { Args, Out, Problem, RouteSpec } from '@parley/protocol';

/** A refusal by the server, with the stable `code` to branch on; `unavailable` or `timeout` when no answer came. */
export class ParleyError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ParleyError';
  }

  get code(): string {
    return this.problem.code;
  }

  /** May the same call succeed later? After `unavailable` and `timeout` the outcome of the first try is unknown. */
  get retryable(): boolean {
    return this.problem.retryable;
  }

  /** Milliseconds the server asked to wait before the next try. */
  get retryAfterMs(): number | undefined {
    return this.problem.retryAfterMs;
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
  /** Called once per call when the token it was sent with has expired; true = `headers` gives a newer one, try again. */
  readonly onExpired?: (sent: Readonly<Record<string, string>>) => Promise<boolean>;
}

export interface CallOptions {
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** Calls the rows of the route table, typed. Throws `ParleyError`. */
export class HttpClient {
  constructor(private readonly options: HttpOptions) {}

  async call<R extends RouteSpec>(route: R, args: Args<R>, call: CallOptions = {}): Promise<Out<R>> {
    const sent = (await this.options.headers?.()) ?? {};
    try {
      return await this.once(route, args, call, sent);
    } catch (error) {
      const isExpired = error instanceof ParleyError && error.code === 'token-expired';
      if (!isExpired || !(await this.options.onExpired?.(sent))) throw error;
      return this.once(route, args, call, (await this.options.headers?.()) ?? {});
    }
  }

  private async once<R extends RouteSpec>(route: R, args: Args<R>, call: CallOptions, own: Record<string, string>): Promise<Out<R>> {
    const { url, body } = this.address(route, args as Record<string, unknown>);
    const headers: Record<string, string> = { accept: 'application/json', ...own };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey;
    const { credentials } = this.options;
    const { status, text } = await this.exchange(url, { method: route.method, headers, body, credentials }, call.signal);
    if (status === 204) return undefined as Out<R>;
    if (status >= 200 && status < 300) return JSON.parse(text) as Out<R>;
    throw new ParleyError(problemOf(text, status));
  }

  /** The time limit covers the body too: a server may stop in the middle of it. */
  private async exchange(url: string, init: RequestInit, signal?: AbortSignal): Promise<{ status: number; text: string }> {
    const timeout = AbortSignal.timeout(this.options.timeoutMs ?? 15_000);
    try {
      const response = await (this.options.fetch ?? fetch)(url, { ...init, signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      if (signal?.aborted) throw error;
      const code = timeout.aborted ? 'timeout' : 'unavailable';
      throw new ParleyError(localProblem(code, `no answer from ${new URL(url, 'http://localhost').host}`));
    }
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

/** An error of this side, in the shape of the server's; worth a retry. */
export function localProblem(code: string, detail: string): Problem {
  return { type: `urn:parley:problem:${code}`, title: detail, status: 0, detail, code, requestId: '', retryable: true };
}

/** Whatever was thrown, as a problem: what did not come from the server counts as `unavailable`. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof ParleyError) return error.problem;
  return localProblem('unavailable', error instanceof Error ? error.message : 'no answer');
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
