import type { RoomEnvelope } from '@parley/protocol';
import type { RoomTruth } from './history.js';
import { storedEventOf, storedMessageOf, type WireMessage } from './wire.js';

const TIMEOUT_MS = 10_000;
const PAGE = 100;
/** Bound of a walk through a room: more pages than any run writes. */
const PAGES_MAX = 1_000;

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly tookMs: number;
  readonly body: unknown;
}

/** The tenant's server: REST with an API key. */
export class TenantApi {
  constructor(
    private readonly url: string,
    private readonly apiKey: string,
  ) {}

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const from = performance.now();
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.apiKey}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    const tookMs = performance.now() - from;
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      tookMs,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  private async must<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  async createRoom(id: string, members: readonly string[]): Promise<void> {
    await this.must('POST', '/v1/rooms', { id, kind: 'group', name: id, members, settings: { historyVisibility: 'all' } });
  }

  async token(userId: string): Promise<string> {
    return (await this.must<{ readonly token: string }>('POST', '/v1/tokens', { userId })).token;
  }

  ban(roomId: string, userId: string): Promise<Answer> {
    return this.ask('POST', `/v1/rooms/${roomId}/bans`, { userId, reason: 'chaos' });
  }

  async head(roomId: string): Promise<number> {
    return (await this.must<{ readonly room: { readonly pts: number } }>('GET', `/v1/rooms/${roomId}`)).room.pts;
  }

  /** The whole room, read both ways. */
  async truth(roomId: string): Promise<RoomTruth> {
    const events: RoomEnvelope[] = [];
    for (let page = 0, isComplete = false; !isComplete && page < PAGES_MAX; page += 1) {
      const slice = await this.must<{ readonly events: readonly RoomEnvelope[]; readonly complete: boolean }>(
        'GET',
        `/v1/rooms/${roomId}/events?afterPts=${events.at(-1)?.pts ?? 0}&limit=${PAGE}`,
      );
      events.push(...slice.events);
      isComplete = slice.complete;
    }
    const messages: WireMessage[] = [];
    for (let page = 0, hasMore = true; hasMore && page < PAGES_MAX; page += 1) {
      const slice = await this.must<{ readonly items: readonly WireMessage[]; readonly hasMoreAfter: boolean }>(
        'GET',
        `/v1/rooms/${roomId}/messages?afterSeq=${messages.at(-1)?.seq ?? 0}&limit=${PAGE}`,
      );
      messages.push(...slice.items);
      hasMore = slice.hasMoreAfter;
    }
    return { roomId, events: events.map(storedEventOf), messages: messages.map(storedMessageOf) };
  }
}
