import { setTimeout as sleep } from 'node:timers/promises';
import type { RoomEnvelope } from '@parley/protocol';
import type { RoomTruth } from '../checks/history.ts';
import { storedEventOf, storedMessageOf, type WireMessage } from './wire.ts';

const TIMEOUT_MS = 10_000;
/** Longer than any run, and than any clock is put forward. */
const TOKEN_SECONDS = 172_800;
const PAGE = 100;
/** Bound of a walk through a room: more pages than any run writes. */
const PAGES_MAX = 1_000;

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly tookMs: number;
  readonly text: string;
  readonly body: unknown;
}

/** Reads are repeated this often: a server under test may refuse one wrongly, and the rest is still worth judging. */
const READ_ATTEMPTS = 10;

/** REST with a bearer's rights: an API key, a user's or an operator's token. */
export class RestApi {
  private readonly url: string;
  private readonly bearer: string;

  constructor(url: string, bearer: string) {
    this.url = url;
    this.bearer = bearer;
  }

  async ask(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const from = performance.now();
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.bearer}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    const tookMs = performance.now() - from;
    const parsed: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, retryAfter: response.headers.get('retry-after'), tookMs, text, body: parsed };
  }

  /** A read that is needed for the judgement. */
  async read<T>(path: string): Promise<T> {
    for (let left = READ_ATTEMPTS; ; left -= 1) {
      const answer = await this.ask('GET', path);
      if (answer.status < 300) return answer.body as T;
      if (left <= 1) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
      await sleep(50);
    }
  }

  async must<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.body as T;
  }
}

/** The tenant's server. Rooms and users of two tenants have the same ids; in a history they are `tenant/id`. */
export class TenantApi extends RestApi {
  readonly tenantId: string;

  constructor(url: string, apiKey: string, tenantId: string) {
    super(url, apiKey);
    this.tenantId = tenantId;
  }

  async createRoom(id: string, members: readonly string[]): Promise<void> {
    await this.must('POST', '/v1/rooms', { id, kind: 'group', name: id, members, settings: { historyVisibility: 'all' } });
  }

  async token(userId: string): Promise<string> {
    return (await this.must<{ readonly token: string }>('POST', '/v1/tokens', { userId, expiresInSeconds: TOKEN_SECONDS })).token;
  }

  ban(roomId: string, userId: string): Promise<Answer> {
    return this.ask('POST', `/v1/rooms/${roomId}/bans`, { userId, reason: 'chaos' });
  }

  unban(roomId: string, userId: string): Promise<Answer> {
    return this.ask('DELETE', `/v1/rooms/${roomId}/bans/${userId}`);
  }

  kick(roomId: string, userId: string): Promise<Answer> {
    return this.ask('DELETE', `/v1/rooms/${roomId}/members/${userId}`);
  }

  add(roomId: string, userId: string): Promise<Answer> {
    return this.ask('POST', `/v1/rooms/${roomId}/members`, { userIds: [userId] });
  }

  async head(roomId: string): Promise<number> {
    return (await this.read<{ readonly room: { readonly pts: number } }>(`/v1/rooms/${roomId}`)).room.pts;
  }

  /** The whole room, read both ways. */
  async truth(roomId: string): Promise<RoomTruth> {
    const named = (id: string): string => `${this.tenantId}/${id}`;
    const events = (await this.events(roomId)).map(storedEventOf).map((event) => ({
      ...event,
      ...(event.senderId === undefined ? {} : { senderId: named(event.senderId) }),
      ...(event.subjectId === undefined ? {} : { subjectId: named(event.subjectId) }),
    }));
    const messages = (await this.messages(roomId))
      .map(storedMessageOf)
      .map((message) => ({ ...message, senderId: named(message.senderId) }));
    return { roomId: named(roomId), events, messages };
  }

  private async events(roomId: string): Promise<readonly RoomEnvelope[]> {
    const events: RoomEnvelope[] = [];
    for (let page = 0, isComplete = false; !isComplete && page < PAGES_MAX; page += 1) {
      const slice = await this.read<{ readonly events: readonly RoomEnvelope[]; readonly complete: boolean }>(
        `/v1/rooms/${roomId}/events?afterPts=${events.at(-1)?.pts ?? 0}&limit=${PAGE}`,
      );
      events.push(...slice.events);
      isComplete = slice.complete;
    }
    return events;
  }

  private async messages(roomId: string): Promise<readonly WireMessage[]> {
    const messages: WireMessage[] = [];
    for (let page = 0, hasMore = true; hasMore && page < PAGES_MAX; page += 1) {
      const slice = await this.read<{ readonly items: readonly WireMessage[]; readonly hasMoreAfter: boolean }>(
        `/v1/rooms/${roomId}/messages?afterSeq=${messages.at(-1)?.seq ?? 0}&limit=${PAGE}`,
      );
      messages.push(...slice.items);
      hasMore = slice.hasMoreAfter;
    }
    return messages;
  }
}
