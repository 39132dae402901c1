import { setTimeout as sleep } from 'node:timers/promises';
import type { RoomEnvelope, SessionReady, SyncAnswer } from '@parley/protocol';
import { io, type Socket } from 'socket.io-client';
import { chained, hashOf } from './history.js';
import type { Recorder } from './recorder.js';
import { seenOf, type SendAnswer, type SyncReply } from './wire.js';

/** Longer than the server may take to say no (G21), so that a hang shows as one. */
export const ACK_TIMEOUT_MS = 8_000;
const PAUSE_MS = 150;
const RETRY_MS = 250;
/** Answers after which the message may exist all the same. */
const UNKNOWN: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'internal']);

export interface Outcome {
  readonly startedAt: number;
  readonly tookMs: number;
  readonly result: 'ok' | 'deduplicated' | 'refused' | 'unknown';
  readonly code?: string;
}

interface Place {
  pts: number;
  digest: string;
  /** Arrived before its turn. */
  readonly early: Map<number, RoomEnvelope>;
  isSyncing: boolean;
}

export interface ChatUserOptions {
  readonly url: string;
  readonly token: string;
  readonly userId: string;
  readonly rooms: readonly string[];
  readonly recorder: Recorder;
  /** Undefined = the stock behaviour, polling first. */
  readonly transports?: ['websocket'];
}

/** A user with a plain `socket.io-client`: keeps positions, asks for what is missing, repeats what was not answered. */
export class ChatUser {
  readonly outcomes: Outcome[] = [];
  /** `connect_error` of the final kind: a stock client does not come back from it. */
  readonly refusals: string[] = [];
  readonly resets: string[] = [];
  private readonly socket: Socket;
  private readonly places = new Map<string, Place>();
  private readonly sending: Promise<void>[] = [];
  /** When the sends that have no answer yet were begun. */
  private readonly pending = new Set<number>();
  private isSending = false;
  private sent = 0;

  constructor(private readonly options: ChatUserOptions) {
    for (const roomId of options.rooms) this.restart(roomId, 0);
    const { url, token, transports } = options;
    this.socket = io(`${url}/chat`, {
      auth: (answer) =>
        answer({ token, resume: { rooms: Object.fromEntries([...this.places].map(([roomId, { pts }]) => [roomId, pts])) } }),
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
      ...(transports ? { transports } : {}),
    });
    this.listen();
  }

  get userId(): string {
    return this.options.userId;
  }

  get followed(): ReadonlyMap<string, { readonly pts: number }> {
    return this.places;
  }

  get oldestPending(): number {
    return Math.min(Infinity, ...this.pending);
  }

  get isConnected(): boolean {
    return this.socket.connected;
  }

  startSending(loops: number): void {
    this.isSending = true;
    for (let loop = 0; loop < loops; loop += 1) this.sending.push(this.talk());
  }

  /** Resolves when every message has a definite answer. */
  async finishSending(): Promise<void> {
    this.isSending = false;
    await Promise.all(this.sending);
  }

  recordFinal(): void {
    for (const [roomId, { pts, digest }] of this.places) this.options.recorder.record({ kind: 'final', ...this.at(roomId), pts, digest });
  }

  /** The user was banned from this room: whatever comes is noted, nothing more is asked for. */
  leave(roomId: string): void {
    this.places.delete(roomId);
  }

  close(): void {
    this.socket.disconnect();
  }

  private at(roomId: string): { readonly client: string; readonly userId: string; readonly roomId: string } {
    return { client: this.userId, userId: this.userId, roomId };
  }

  private listen(): void {
    const { socket, userId } = this;
    const who = { client: userId, userId };
    socket.on('connect', () => this.options.recorder.record({ kind: 'conn-up', ...who }));
    socket.on('disconnect', (reason) => this.options.recorder.record({ kind: 'conn-down', ...who, reason }));
    socket.on('connect_error', (error) => {
      if (!socket.active) this.refusals.push(error.message);
    });
    socket.on('session.ready', ({ rooms }: SessionReady) => rooms.forEach(({ roomId, pts }) => this.head(roomId, pts)));
    socket.on('room.head', ({ heads }: { readonly heads: readonly { readonly roomId: string; readonly pts: number }[] }) =>
      heads.forEach(({ roomId, pts }) => this.head(roomId, pts)),
    );
    socket.onAny((_: string, event: unknown) => {
      if (isRoomEvent(event)) this.receive(event);
    });
  }

  private restart(roomId: string, pts: number): void {
    this.places.set(roomId, { pts, digest: '', early: new Map(), isSyncing: false });
    this.options.recorder.record({ kind: 'start', ...this.at(roomId), pts });
  }

  private receive(event: RoomEnvelope): void {
    this.options.recorder.record({ kind: 'recv', ...this.at(event.roomId), ...seenOf(event) });
    const place = this.places.get(event.roomId);
    if (!place || event.pts <= place.pts) return;
    if (event.pts > place.pts + 1) {
      place.early.set(event.pts, event);
      void this.sync(event.roomId);
      return;
    }
    this.apply(place, event);
  }

  private apply(place: Place, event: RoomEnvelope): void {
    for (let next: RoomEnvelope | undefined = event; next; next = place.early.get(place.pts + 1)) {
      const seen = seenOf(next);
      place.early.delete(next.pts);
      place.pts = next.pts;
      place.digest = chained(place.digest, seen);
      this.options.recorder.record({ kind: 'apply', ...this.at(next.roomId), ...seen });
      if (next.type === 'member.banned' && next.data.member.userId === this.userId) return this.leave(next.roomId);
    }
  }

  private head(roomId: string, pts: number): void {
    const place = this.places.get(roomId);
    if (place && pts > place.pts) void this.sync(roomId);
  }

  /** Asks until nothing is missing or the connection is gone; the next `session.ready` begins anew. Never rejects. */
  private async sync(roomId: string): Promise<void> {
    const place = this.places.get(roomId);
    if (!place || place.isSyncing) return;
    place.isSyncing = true;
    try {
      while (this.socket.connected && this.places.get(roomId) === place && (await this.syncOnce(roomId, place)));
    } finally {
      place.isSyncing = false;
    }
  }

  /** Is there more to ask for? */
  private async syncOnce(roomId: string, place: Place): Promise<boolean> {
    const { recorder } = this.options;
    recorder.record({ kind: 'sync-req', ...this.at(roomId), afterPts: place.pts });
    const answer = await this.command<SyncReply>('sync', { rooms: [{ roomId, afterPts: place.pts }] });
    if (!answer?.ok) {
      await sleep(RETRY_MS);
      return true;
    }
    const room: SyncAnswer['rooms'][number] | undefined = answer.rooms[0];
    if (!room || room.error) {
      this.leave(roomId);
      return false;
    }
    if (room.reset) {
      this.resets.push(roomId);
      this.restart(roomId, room.pts ?? 0);
      return false;
    }
    const { events = [], pts = place.pts, complete = false } = room;
    recorder.record({ kind: 'sync-resp', ...this.at(roomId), pts, complete, events: events.length });
    for (const event of events) if (event.pts > place.pts) this.apply(place, event);
    return !complete;
  }

  private async command<T>(name: string, body: unknown): Promise<T | undefined> {
    try {
      return (await this.socket.timeout(ACK_TIMEOUT_MS).emitWithAck(name, body)) as T;
    } catch {
      return undefined;
    }
  }

  private async talk(): Promise<void> {
    while (this.isSending) {
      const rooms = [...this.places.keys()];
      this.sent += 1;
      const roomId = rooms[this.sent % rooms.length];
      if (roomId === undefined) return;
      await this.say(roomId, `${this.userId}-${this.sent}`);
      await sleep(PAUSE_MS);
    }
  }

  /** Repeats one message under its id until the answer is definite (G2, G3). */
  private async say(roomId: string, clientMessageId: string): Promise<void> {
    const text = `${clientMessageId} says something ${Math.random()}`;
    for (;;) {
      while (!this.socket.connected) {
        if (this.refusals.length > 0) return;
        await sleep(20);
      }
      const outcome = await this.attempt(roomId, clientMessageId, text);
      this.outcomes.push(outcome);
      if (outcome.result === 'ok' || outcome.result === 'deduplicated') return;
      if (outcome.result === 'refused' && outcome.code !== 'rate-limited') return;
      await sleep(RETRY_MS + Math.random() * RETRY_MS);
    }
  }

  private async attempt(roomId: string, clientMessageId: string, text: string): Promise<Outcome> {
    const { recorder } = this.options;
    const attempt = { op: recorder.nextOp(), ...this.at(roomId), clientMessageId };
    const startedAt = performance.now();
    recorder.record({ kind: 'send-inv', ...attempt, bodyHash: hashOf(text) });
    this.pending.add(startedAt);
    const answer = await this.command<SendAnswer>('message.send', { roomId, clientMessageId, text });
    this.pending.delete(startedAt);
    const took = { startedAt, tookMs: performance.now() - startedAt };
    if (answer?.ok) {
      const { message, deduplicated } = answer;
      recorder.record({ kind: 'send-ok', ...attempt, pts: message.pts, seq: message.seq, messageId: message.id, deduplicated });
      return { ...took, result: deduplicated ? 'deduplicated' : 'ok' };
    }
    const code = answer?.error.code ?? (this.socket.connected ? 'no-answer' : 'disconnected');
    if (answer && !UNKNOWN.has(code)) {
      recorder.record({ kind: 'send-fail', ...attempt, code });
      return { ...took, result: 'refused', code };
    }
    recorder.record({ kind: 'send-info', ...attempt, reason: code });
    return { ...took, result: 'unknown', code };
  }
}

function isRoomEvent(event: unknown): event is RoomEnvelope {
  return (
    typeof event === 'object' && event !== null && 'roomId' in event && 'pts' in event && typeof event.pts === 'number' && 'type' in event
  );
}
