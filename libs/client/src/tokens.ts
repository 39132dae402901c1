import { localProblem, ParleyError } from './http.js';
import type { Timers } from './timers.js';

/** Why a token is asked for: a connection begins, the present token ends soon, or the server refused it as expired. */
export interface TokenRequest {
  readonly reason: 'connect' | 'expiring' | 'expired';
  /** The device the app named; belongs into the token's `device` claim. */
  readonly device?: string;
}

/** Asks the app's own backend for a user token. Throw a `ParleyError` that is not retryable to end the session for good. */
export type TokenCallback = (request: TokenRequest) => Promise<string> | string;

const TIMEOUT_MS = 30_000;

/** The app's token callback: one call at a time, with a time limit; and the last token it gave. */
export class Tokens {
  private last?: string;
  private asking?: { readonly reason: TokenRequest['reason']; readonly token: Promise<string> };

  constructor(
    private readonly ask: TokenCallback,
    private readonly timers: Timers,
    private readonly device?: string,
  ) {}

  async current(): Promise<string> {
    return this.last ?? this.fresh('connect');
  }

  /** A token newer than that one, for whoever was told that it has expired. */
  async newerThan(expired: string): Promise<string> {
    return this.last === undefined || this.last === expired ? this.fresh('expired') : this.last;
  }

  /** Who asks while an answer is under way takes that one; unless it was asked for without knowing that tokens expire. */
  async fresh(reason: TokenRequest['reason']): Promise<string> {
    const { asking } = this;
    if (asking && (asking.reason === 'expired' || reason !== 'expired')) return asking.token;
    const token = asking ? asking.token.then(noMatter, noMatter).then(() => this.askNow(reason)) : this.askNow(reason);
    this.asking = { reason, token };
    const done = (): void => {
      if (this.asking?.token === token) this.asking = undefined;
    };
    token.then(done, done);
    return token;
  }

  private async askNow(reason: TokenRequest['reason']): Promise<string> {
    this.last = await this.inTime(Promise.resolve(this.ask({ reason, device: this.device })));
    return this.last;
  }

  private async inTime(asked: Promise<string>): Promise<string> {
    let timer: unknown;
    const late = new Promise<never>((_, reject) => {
      timer = this.timers.setTimeout(
        () => reject(new ParleyError(localProblem('timeout', 'the token callback did not answer'))),
        TIMEOUT_MS,
      );
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      this.timers.clearTimeout(timer);
    }
  }
}

const noMatter = (): void => undefined;
