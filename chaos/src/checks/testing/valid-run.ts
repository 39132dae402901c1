import fc from 'fast-check';
import {
  DELETED,
  digestOf,
  hashOf,
  type Happening,
  type HistoryEvent,
  type RoomTruth,
  type Seen,
  type StoredEvent,
  type StoredMessage,
} from '../history.ts';

/** A history and what it left behind. */
export interface Run {
  readonly history: readonly HistoryEvent[];
  readonly truth: readonly RoomTruth[];
}

/** With weights. */
const ACTIONS = {
  invoke: 4,
  commit: 5,
  ack: 5,
  lose: 2,
  reject: 1,
  retry: 3,
  other: 1,
  recv: 2,
  apply: 4,
  sync: 1,
  ban: 1,
  delete: 2,
  mark: 2,
  list: 1,
  sample: 1,
} as const;
type Action = keyof typeof ACTIONS;
const action = fc.oneof(...Object.entries(ACTIONS).map(([name, weight]) => ({ weight, arbitrary: fc.constant(name as Action) })));
type Step = readonly [action: Action, pick: number];

/** Random runs of a correct server: sends overlap, answers get lost, retries find what was committed, clients lag, users are banned. */
export const validRun: fc.Arbitrary<Run> = fc
  .record({
    steps: fc.array(fc.tuple(action, fc.nat(1_000)), { minLength: 20, maxLength: 150, size: 'max' }),
    rooms: fc.integer({ min: 1, max: 3 }),
    users: fc.integer({ min: 2, max: 4 }),
  })
  .map(({ steps, rooms, users }) => new Simulation(rooms, users).run(steps));

interface Message {
  readonly userId: string;
  readonly roomId: string;
  readonly clientMessageId: string;
  readonly bodyHash: string;
  stored?: StoredMessage;
}

interface Attempt {
  readonly message: Message;
  readonly op: number;
  state: 'open' | 'committed' | 'unknown' | 'over';
  /** What it will answer: was the message there before? */
  deduplicated: boolean;
}

interface Client {
  readonly name: string;
  readonly userId: string;
  readonly roomId: string;
  pts: number;
  readonly seen: Seen[];
  /** Where its user was banned. */
  until: number;
}

class Simulation {
  private t = 0;
  private ops = 0;
  private readonly history: HistoryEvent[] = [];
  private readonly logs = new Map<string, StoredEvent[]>();
  private readonly attempts: Attempt[] = [];
  private readonly clients: Client[] = [];
  /** Read up to, by room and user. */
  private readonly read = new Map<string, number>();

  constructor(rooms: number, users: number) {
    for (let room = 0; room < rooms; room += 1) {
      const roomId = `r${room}`;
      this.logs.set(roomId, [{ pts: 1, type: 'room.created' }]);
      for (let user = 0; user < users; user += 1) {
        const start = user % 2;
        this.clients.push({ name: `c${user}`, userId: `u${user}`, roomId, pts: start, seen: [], until: Infinity });
        this.note({ kind: 'start', client: `c${user}`, userId: `u${user}`, roomId, pts: start });
      }
    }
  }

  run(steps: readonly Step[]): Run {
    for (const [action, pick] of steps) this.step(action, pick);
    for (const client of this.clients.filter(({ until }) => until === Infinity)) {
      while (this.apply(client));
      const { name, userId, roomId, pts, seen } = client;
      this.note({ kind: 'final', client: name, userId, roomId, pts, digest: digestOf(seen) });
    }
    const truth = [...this.logs].map(([roomId, events]) => ({
      roomId,
      events,
      messages: events.filter((event): event is StoredMessage => event.type === 'message.created'),
      readers: this.clients
        .filter((client) => client.roomId === roomId)
        .map(({ userId }) => {
          const readSeq = this.read.get(`${roomId} ${userId}`) ?? 0;
          return { userId, readSeq, unread: this.lastSeq(roomId) - readSeq };
        }),
    }));
    return { history: this.history, truth };
  }

  private step(action: Step[0], pick: number): void {
    const client = this.clients[pick % this.clients.length];
    const some = (state: Attempt['state']): Attempt | undefined => {
      const found = this.attempts.filter((attempt) => attempt.state === state);
      return found[pick % Math.max(1, found.length)];
    };
    if (!client) return;
    if (action === 'invoke') this.invoke(client);
    if (action === 'commit') this.commit(some('open') ?? some('unknown'));
    if (action === 'ack') this.ack(some('committed'));
    if (action === 'lose') this.lose(some('committed') ?? some('open'));
    if (action === 'reject') this.reject(some('open'));
    if (action === 'retry') this.retry(some('unknown'));
    if (action === 'other') this.append(client.roomId, { type: 'room.updated' });
    if (action === 'recv') this.receive(client, pick);
    if (action === 'apply') this.apply(client);
    if (action === 'sync') this.sync(client);
    if (action === 'delete') this.delete(client, pick);
    if (action === 'mark') this.mark(client, pick);
    if (action === 'list') this.list(client);
    if (action === 'sample') this.sample(pick);
    if (action === 'ban' && pick % 4 === 0) this.ban(client);
  }

  private note(happening: Happening): void {
    this.t += 1;
    this.history.push({ t: this.t, ...happening });
  }

  private lastSeq(roomId: string): number {
    return this.log(roomId).filter(({ type }) => type === 'message.created').length;
  }

  private log(roomId: string): StoredEvent[] {
    return this.logs.get(roomId) ?? [];
  }

  private append(roomId: string, event: Omit<StoredEvent, 'pts'>): StoredEvent {
    const stored = { pts: this.log(roomId).length + 1, ...event };
    this.log(roomId).push(stored);
    return stored;
  }

  private invoke({ userId, roomId }: Client): void {
    const clientMessageId = `m${this.ops}`;
    this.attempt({ userId, roomId, clientMessageId, bodyHash: hashOf(clientMessageId) });
  }

  private attempt(message: Message): void {
    this.ops += 1;
    this.attempts.push({ message, op: this.ops, state: 'open', deduplicated: false });
    this.note({ kind: 'send-inv', op: this.ops, ...keyOf(message), bodyHash: message.bodyHash });
  }

  private isBanned({ userId, roomId }: Message): boolean {
    return this.clients.some((client) => client.userId === userId && client.roomId === roomId && client.until !== Infinity);
  }

  private commit(attempt: Attempt | undefined): void {
    if (!attempt) return;
    const { message } = attempt;
    if (!message.stored && this.isBanned(message)) return;
    attempt.deduplicated = message.stored !== undefined;
    if (!message.stored) {
      const { userId: senderId, roomId, clientMessageId, bodyHash } = message;
      const seq = this.lastSeq(roomId) + 1;
      const fields = { type: 'message.created', seq, messageId: `id-${clientMessageId}`, senderId, clientMessageId, bodyHash };
      message.stored = { ...fields, pts: this.append(roomId, fields).pts };
    }
    attempt.state = attempt.state === 'unknown' ? 'over' : 'committed';
  }

  private ack(attempt: Attempt | undefined): void {
    if (!attempt?.message.stored) return;
    const { pts, seq, messageId } = attempt.message.stored;
    attempt.state = 'over';
    this.note({ kind: 'send-ok', op: attempt.op, ...keyOf(attempt.message), pts, seq, messageId, deduplicated: attempt.deduplicated });
  }

  private lose(attempt: Attempt | undefined): void {
    if (!attempt) return;
    attempt.state = 'unknown';
    this.note({ kind: 'send-info', op: attempt.op, ...keyOf(attempt.message), reason: 'timeout' });
  }

  private reject(attempt: Attempt | undefined): void {
    if (!attempt || attempt.message.stored) return;
    attempt.state = 'over';
    this.note({ kind: 'send-fail', op: attempt.op, ...keyOf(attempt.message), code: 'rate-limited' });
  }

  private retry(attempt: Attempt | undefined): void {
    if (attempt) this.attempt(attempt.message);
  }

  /** The wire may repeat, skip and reorder; only what the app is told counts. */
  private receive(client: Client, pick: number): void {
    const visible = this.log(client.roomId).filter(({ pts }) => pts <= client.until);
    const event = visible[pick % Math.max(1, visible.length)];
    if (event) this.note({ kind: 'recv', client: client.name, userId: client.userId, roomId: client.roomId, ...seenOf(event) });
  }

  private apply(client: Client): boolean {
    const event = this.log(client.roomId)[client.pts];
    if (!event || event.pts > client.until) return false;
    const seen = seenOf(event);
    client.pts = seen.pts;
    client.seen.push(seen);
    this.note({ kind: 'apply', client: client.name, userId: client.userId, roomId: client.roomId, ...seen });
    return true;
  }

  private sync(client: Client): void {
    const at = { client: client.name, userId: client.userId, roomId: client.roomId };
    this.note({ kind: 'sync-req', ...at, afterPts: client.pts });
    let events = 0;
    while (this.apply(client)) events += 1;
    this.note({ kind: 'sync-resp', ...at, pts: client.pts, complete: true, events });
  }

  /** The content goes, its place stays; who saw it before has seen it. */
  private delete({ name, userId, roomId }: Client, pick: number): void {
    const standing = this.attempts.map(({ message }) => message).filter(({ stored }) => stored && stored.bodyHash !== DELETED);
    const message = standing.filter((one) => one.roomId === roomId)[pick % Math.max(1, standing.length)];
    if (!message?.stored) return;
    const about = { client: name, userId, roomId, messageId: message.stored.messageId, bodyHash: message.bodyHash };
    this.note({ kind: 'delete-inv', ...about });
    message.stored = { ...message.stored, bodyHash: DELETED };
    this.log(roomId)[message.stored.pts - 1] = message.stored;
    this.append(roomId, { type: 'message.deleted', messageId: about.messageId });
    if (pick % 5 > 0) this.note({ kind: 'delete-ok', ...about });
  }

  private mark({ name, userId, roomId }: Client, pick: number): void {
    const key = `${roomId} ${userId}`;
    const askedAt = this.t;
    const readSeq = Math.max(this.read.get(key) ?? 0, pick % (this.lastSeq(roomId) + 1));
    this.read.set(key, readSeq);
    this.note({ kind: 'mark-ok', client: name, userId, roomId, askedAt, readSeq });
  }

  private list({ name, userId, roomId }: Client): void {
    for (const { messageId, bodyHash } of this.log(roomId))
      if (messageId !== undefined && bodyHash !== undefined)
        this.note({ kind: 'read', client: name, userId, roomId, askedAt: this.t, messageId, bodyHash });
  }

  private sample(pick: number): void {
    const sample = { life: 1, rssMiB: 150 + (pick % 30), files: 40 + (pick % 10), backends: 5 + (pick % 10), servers: 1 };
    this.note({ kind: 'sample', ...sample, phase: pick % 2 === 0 ? 'idle' : 'load' });
  }

  private ban(client: Client): void {
    if (client.until !== Infinity) return;
    const { userId, roomId } = client;
    this.note({ kind: 'ban-inv', userId, roomId });
    const { pts } = this.append(roomId, { type: 'member.banned', subjectId: userId });
    client.until = pts;
    this.note({ kind: 'ban-ok', userId, roomId, ...(pts % 2 === 0 ? { pts } : {}) });
  }
}

const keyOf = ({ userId, roomId, clientMessageId }: Message) => ({ client: `c${userId.slice(1)}`, userId, roomId, clientMessageId });

export function seenOf({ pts, type, messageId, bodyHash }: StoredEvent): Seen {
  return { pts, type, ...(messageId === undefined ? {} : { messageId }), ...(bodyHash === undefined ? {} : { bodyHash }) };
}
