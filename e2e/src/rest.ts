const TIMEOUT_MS = 10_000;

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** REST with one credential, as curl or any other language would speak it. */
export class Rest {
  private readonly url: string;
  private readonly bearer: string;
  private readonly userId: string | undefined;

  constructor(url: string, bearer: string, userId?: string) {
    this.url = url;
    this.bearer = bearer;
    this.userId = userId;
  }

  /** The same API key, acting as that user. */
  as(userId: string): Rest {
    return new Rest(this.url, this.bearer, userId);
  }

  async ask<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.bearer}`,
        ...(this.userId === undefined ? {} : { 'parley-user': this.userId }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
  }

  async must<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.ask<T>(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async token(userId: string): Promise<string> {
    return (await this.must<{ readonly token: string }>('POST', '/v1/tokens', { userId })).token;
  }
}
