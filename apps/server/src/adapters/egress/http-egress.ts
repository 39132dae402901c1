import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { Egress, type EgressFailure, type EgressOutcome, type EgressRequest } from '@parley/domain';
import type { Destinations } from './destinations.js';

/** Of an answer so much is kept as text, and so much is read at all. */
const KEPT_BYTES = 4_096;
const READ_BYTES = 65_536;
const HEADER_BYTES = 16_384;
const IDLE_MS = 10_000;
const SOCKETS_PER_HOST = 32;

type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

export interface HttpEgressOptions {
  readonly destinations: Destinations;
  /** Of an HTTP proxy through which everything leaves; which addresses a name may have is then for the proxy to judge. */
  readonly proxyUrl?: string;
  /** PEM; believed besides the usual authorities. */
  readonly extraCa?: string;
  readonly userAgent: string;
  /** The addresses of a name, best first; the system's resolver where nothing is given. */
  readonly resolve?: Resolve;
}

const BLOCKED = 'PARLEY_BLOCKED';

class BlockedAddress extends Error {
  readonly code = BLOCKED;
}

/**
 * Requests by Node's own client. A name is looked up for the connection itself and every address it has is looked at:
 * what was checked is what is connected to. Redirects are not followed, bodies are not unpacked, cookies are not kept.
 */
export class HttpEgress extends Egress {
  private readonly agents: { readonly 'http:': http.Agent; readonly 'https:': https.Agent };
  private readonly resolve: Resolve;

  constructor(private readonly options: HttpEgressOptions) {
    super();
    this.resolve = options.resolve ?? ((name) => lookup(name, { all: true }));
    const { proxyUrl, extraCa } = options;
    const shared = {
      keepAlive: true,
      timeout: IDLE_MS,
      maxSockets: SOCKETS_PER_HOST,
      ...(proxyUrl === undefined ? { lookup: this.lookup } : { proxyEnv: { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl } }),
    };
    const ca = extraCa === undefined ? {} : { ca: [...getCACertificates('default'), extraCa] };
    this.agents = { 'http:': new http.Agent(shared), 'https:': new https.Agent({ ...shared, ...ca }) };
  }

  override whyNot(url: string): string | undefined {
    return this.options.destinations.whyNot(url);
  }

  override async send(request: EgressRequest): Promise<EgressOutcome> {
    const from = performance.now();
    const tookMs = (): number => Math.round(performance.now() - from);
    const why = this.whyNot(request.url);
    if (why !== undefined) return { kind: 'failed', reason: 'blocked', detail: why, tookMs: tookMs() };
    const signal = AbortSignal.timeout(request.timeoutMs);
    try {
      return { ...(await this.attempt(request, signal)), tookMs: tookMs() };
    } catch (error) {
      const reason = reasonOf(error, signal);
      return { kind: 'failed', reason, detail: detailOf(error, reason), tookMs: tookMs() };
    }
  }

  /** A connection that was kept may have been closed by the other side in this moment: then a new one is tried, once. */
  private async attempt(request: EgressRequest, signal: AbortSignal): Promise<Answered> {
    try {
      return await this.once(request, signal);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return this.once(request, signal);
    }
  }

  private once({ url, method, headers, body }: EgressRequest, signal: AbortSignal): Promise<Answered> {
    const target = new URL(url);
    const isTls = target.protocol === 'https:';
    return new Promise((done, fail) => {
      const outgoing = (isTls ? https : http).request(target, {
        agent: this.agents[isTls ? 'https:' : 'http:'],
        method,
        headers: {
          'accept-encoding': 'identity',
          'user-agent': this.options.userAgent,
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
        maxHeaderSize: HEADER_BYTES,
        signal,
      });
      outgoing.on('response', (answer) => done(this.read(answer)));
      // After the answer has begun this comes too late to matter: the answer itself tells that it was cut.
      outgoing.on('error', (error) => fail(outgoing.reusedSocket && isLost(error) ? new StaleConnection() : error));
      outgoing.end(body);
    });
  }

  /** What was answered stands with its status, also when the body is too long or does not end. */
  private read(answer: http.IncomingMessage): Promise<Answered> {
    const { statusCode: status = 0, headers } = answer;
    const retryAfter = headers['retry-after'];
    return new Promise((done) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      const end = (isCut: boolean): void => {
        const body = Buffer.concat(pieces).subarray(0, KEPT_BYTES).toString('utf8');
        done({ kind: 'answered', status, ...(retryAfter === undefined ? {} : { retryAfter }), body, isCut: isCut || bytes > KEPT_BYTES });
      };
      answer.on('data', (piece: Buffer) => {
        if (bytes < KEPT_BYTES) pieces.push(piece);
        bytes += piece.length;
        if (bytes > READ_BYTES) answer.destroy();
      });
      answer.on('end', () => end(false));
      answer.on('error', () => end(true));
      answer.on('close', () => end(true));
    });
  }

  private readonly lookup: LookupFunction = (name, options, answer) => {
    this.resolve(name).then(
      (addresses) => {
        const wanted =
          options.family === 4 || options.family === 6 ? addresses.filter(({ family }) => family === options.family) : addresses;
        const closed = addresses.find(({ address }) => !this.options.destinations.isOpen(address));
        const [first] = wanted;
        if (closed) answer(new BlockedAddress(`${name} has an address that is not of the public internet`), []);
        else if (!first) answer(Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' }), []);
        else if (options.all) answer(null, [...wanted]);
        else answer(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => answer(error, []),
    );
  };

  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }
}

type Answered = Omit<Extract<EgressOutcome, { kind: 'answered' }>, 'tookMs'>;

class StaleConnection extends Error {}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

const isLost = (error: unknown): boolean => ['ECONNRESET', 'EPIPE'].includes(codeOf(error));

const REASONS: readonly (readonly [RegExp, EgressFailure])[] = [
  [new RegExp(`^${BLOCKED}$`), 'blocked'],
  [/^(ENOTFOUND|ENODATA|EAI_\w+|ESERVFAIL|EREFUSED|ENONAME|ETIMEOUT|EBADRESP)$/, 'unresolved'],
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ENETDOWN|EHOSTDOWN)$/, 'refused'],
  [/^ETIMEDOUT$/, 'timeout'],
  [/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED|HOSTNAME_|INVALID_CA|EPROTO)/, 'tls'],
  [/^HPE_/, 'malformed'],
];

function reasonOf(error: unknown, signal: AbortSignal): EgressFailure {
  if (signal.aborted) return 'timeout';
  // All addresses of a name were tried: the first tells.
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return REASONS.find(([pattern]) => pattern.test(codeOf(cause)))?.[1] ?? 'reset';
}

const SAID: Record<EgressFailure, string> = {
  blocked: 'the address is not of the public internet',
  unresolved: 'the name has no address',
  refused: 'nobody takes connections there',
  reset: 'the connection was lost',
  timeout: 'there was no answer in time',
  tls: 'the certificate or the handshake was refused',
  malformed: 'the answer is no HTTP',
};

/** For whoever set the address: which kind of trouble, and nothing of what is behind. */
const detailOf = (error: unknown, reason: EgressFailure): string =>
  reason === 'tls' && codeOf(error) !== '' ? `${SAID.tls}: ${codeOf(error)}` : SAID[reason];
