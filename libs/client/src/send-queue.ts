import type { Message, Problem } from '@parley/protocol';
import { newClientMessageId } from './client-message-id.js';
import { localProblem, ParleyError, problemFrom } from './http.js';
import { Outbox, type OutboxPorts } from './outbox.js';
import type { MessageDraft, OutboxEntry } from './outbox-storage.js';
import { backoffMs, jittered, type TimerHandle } from './timers.js';

export interface SendQueuePorts extends OutboxPorts {
  /** Sends one entry; resolves with the committed message, rejects with `ParleyError`. Must settle by itself. */
  readonly send: (entry: OutboxEntry) => Promise<Message>;
  /** Is the room synced? Nothing is resent before (the answer may be in what was missed). */
  readonly maySend: (roomId: string) => boolean;
  readonly onSent: (message: Message) => void;
  /** Messages waiting or failed, in all rooms. Default 1,000. */
  readonly limit?: number;
}

interface Lane {
  /** The one on the wire: one at a time, so that order holds whatever fails. */
  active?: string;
  failures: number;
  timer?: TimerHandle;
}

interface Waiter {
  readonly resolve: (message: Message) => void;
  readonly reject: (error: ParleyError) => void;
}

/** Refusals without a meaning for the message (500) are tried this often before the next one gets its turn. */
const INTERNAL_ATTEMPTS = 5;

/** Sends what users say: in order per room, each once, across reconnects and reloads. */
export class SendQueue {
  private readonly outbox: Outbox;
  private readonly lanes = new Map<string, Lane>();
  private readonly waiters = new Map<string, Waiter>();
  private isOnline = false;

  constructor(private readonly ports: SendQueuePorts) {
    this.outbox = new Outbox(ports);
  }

  /** Whose messages these are. Loads what an earlier life left; until then nothing is kept or sent. */
  identify(userId: string): void {
    this.outbox.open(userId, () => this.flushAll());
  }

  /** Connected and ready: everything that waits may go, room by room as `maySend` allows. */
  start(): void {
    this.isOnline = true;
    for (const lane of this.lanes.values()) this.stopTimer(lane);
    this.flushAll();
    this.outbox.refresh(() => this.flushAll());
  }

  stop(): void {
    this.isOnline = false;
    for (const lane of this.lanes.values()) this.stopTimer(lane);
  }

  /** Gives up waiting; entries stay in the storage for the next client. */
  close(): void {
    this.stop();
    this.outbox.close();
    const error = new ParleyError(localProblem('unavailable', 'the client was closed before the message was sent'));
    for (const id of [...this.waiters.keys()]) this.answer(id, (waiter) => waiter.reject(error));
  }

  /** Resolves with the committed message. Rejects when it was refused for good, or at once when too many wait. */
  send(roomId: string, draft: MessageDraft): Promise<Message> {
    if (this.outbox.count() >= (this.ports.limit ?? 1_000)) {
      return Promise.reject(new ParleyError(localProblem('unavailable', 'too many messages are waiting to be sent')));
    }
    return this.enqueue({ clientMessageId: newClientMessageId(), roomId, draft, status: 'queued', attempts: 0 });
  }

  /** Sends a failed message again, after those that wait. */
  retry(clientMessageId: string): Promise<Message> {
    const entry = this.outbox.find(clientMessageId);
    if (entry?.status !== 'failed') return Promise.reject(finalError('not-found', 'no failed message with this id'));
    const { roomId, draft } = entry;
    return this.enqueue({ clientMessageId, roomId, draft, status: 'queued', attempts: 0 });
  }

  private enqueue(entry: Omit<OutboxEntry, 'order' | 'userId'>): Promise<Message> {
    const sent = new Promise<Message>((resolve, reject) => this.waiters.set(entry.clientMessageId, { resolve, reject }));
    this.outbox.add(entry);
    this.flush(entry.roomId);
    return sent;
  }

  /** Drops a message that failed or was never tried. False where it may be on its way: its outcome is not known. */
  discard(clientMessageId: string): boolean {
    const entry = this.outbox.find(clientMessageId);
    if (!entry || (entry.status !== 'failed' && entry.attempts > 0)) return false;
    this.outbox.remove(entry);
    this.answer(clientMessageId, (waiter) => waiter.reject(finalError('discarded', 'the message was discarded')));
    return true;
  }

  /** A committed message of this user was seen (ack or echo): whichever comes first settles the entry. */
  settle(message: Message): void {
    const entry = this.outbox.find(message.clientMessageId);
    if (entry?.roomId !== message.roomId) return;
    const lane = this.lane(entry.roomId);
    if (lane.active === entry.clientMessageId) lane.active = undefined;
    lane.failures = 0;
    this.outbox.remove(entry);
    this.ports.onSent(message);
    this.answer(message.clientMessageId, (waiter) => waiter.resolve(message));
    this.flush(entry.roomId);
  }

  entriesOf(roomId: string): readonly OutboxEntry[] {
    return this.outbox.entriesOf(roomId);
  }

  private flushAll(): void {
    for (const roomId of this.outbox.roomIds()) this.flush(roomId);
  }

  /** Puts the oldest waiting message of a room on the wire, unless one is there already. */
  flush(roomId: string): void {
    const lane = this.lane(roomId);
    if (!this.isOnline || !this.outbox.isReady || lane.active !== undefined || lane.timer !== undefined) return;
    const next = this.entriesOf(roomId).find(({ status }) => status !== 'failed');
    if (!next) this.lanes.delete(roomId);
    if (!next || !this.ports.maySend(roomId)) return;
    const sending: OutboxEntry = { ...next, status: 'sending', attempts: next.attempts + 1 };
    lane.active = next.clientMessageId;
    this.outbox.replace(sending, 'in-memory');
    this.ports.send(sending).then(
      (message) => this.settle(message),
      (error: unknown) => this.fail(sending, problemFrom(error)),
    );
  }

  private fail(entry: OutboxEntry, problem: Problem): void {
    const lane = this.lane(entry.roomId);
    if (lane.active !== entry.clientMessageId) return;
    lane.active = undefined;
    if (!this.outbox.find(entry.clientMessageId)) return this.flush(entry.roomId); // Left to another tab meanwhile.
    if (!isFinal(problem, entry.attempts)) {
      this.outbox.replace({ ...entry, status: 'queued' }, 'in-memory');
      if (this.isOnline) this.tryLater(entry.roomId, lane, problem.retryAfterMs);
      return;
    }
    lane.failures = 0;
    this.outbox.replace({ ...entry, status: 'failed', problem }, 'kept');
    this.answer(entry.clientMessageId, (waiter) => waiter.reject(new ParleyError(problem)));
    this.flush(entry.roomId);
  }

  private tryLater(roomId: string, lane: Lane, askedMs = 0): void {
    const { timers } = this.ports;
    const delay = Math.max(backoffMs(lane.failures, timers.random), jittered(askedMs, timers.random));
    lane.failures += 1;
    lane.timer = timers.setTimeout(() => {
      lane.timer = undefined;
      this.flush(roomId);
    }, delay);
  }

  private stopTimer(lane: Lane): void {
    if (lane.timer !== undefined) this.ports.timers.clearTimeout(lane.timer);
    lane.timer = undefined;
    lane.failures = 0;
  }

  private answer(clientMessageId: string, how: (waiter: Waiter) => void): void {
    const waiter = this.waiters.get(clientMessageId);
    this.waiters.delete(clientMessageId);
    if (waiter) how(waiter);
  }

  private lane(roomId: string): Lane {
    const lane = this.lanes.get(roomId) ?? { failures: 0 };
    this.lanes.set(roomId, lane);
    return lane;
  }
}

const finalError = (code: string, detail: string): ParleyError => new ParleyError({ ...localProblem(code, detail), retryable: false });

/** Refused for good. Credentials are no reason: they are renewed with the connection. */
function isFinal({ retryable, status, code }: Problem, attempts: number): boolean {
  if (retryable || status === 401) return false;
  return (status >= 400 && status < 500) || (code === 'internal' && attempts >= INTERNAL_ATTEMPTS);
}
