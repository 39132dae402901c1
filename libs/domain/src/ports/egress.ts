/** One HTTP request to an address that somebody else chose. */
export interface EgressRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for everything: name, connection, answer. */
  readonly timeoutMs: number;
}

/**
 * Why there was no answer. `blocked`: an address that nothing may be sent to. `unresolved`: the name has none.
 * `refused`: nobody there. `reset`: the connection was lost. `timeout`, `tls`: certificate or handshake. `malformed`:
 * what came is no HTTP.
 */
export type EgressFailure = 'blocked' | 'unresolved' | 'refused' | 'reset' | 'timeout' | 'tls' | 'malformed';

export type EgressOutcome =
  | {
      readonly kind: 'answered';
      /** A redirect is an answer like any other: nothing follows it. */
      readonly status: number;
      readonly retryAfter?: string;
      /** The beginning of the body, as text; `isCut`: there was more, or it did not end in time. */
      readonly body: string;
      readonly isCut: boolean;
      readonly tookMs: number;
    }
  | { readonly kind: 'failed'; readonly reason: EgressFailure; readonly detail: string; readonly tookMs: number };

/**
 * The one way out to addresses that tenants choose. Nothing inside is reached through it: what is connected to is an
 * address of the public internet, or of a network the operator named.
 */
export abstract class Egress {
  /** Why nothing will ever be sent there; undefined: it may be. A name is looked up only when something is sent. */
  abstract whyNot(url: string): string | undefined;
  /** Never throws: whatever happens is the outcome. */
  abstract send(request: EgressRequest): Promise<EgressOutcome>;
}
