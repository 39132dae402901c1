import { chunksOf } from '@parley/domain';
import { type Presence, type PresenceEnvelope, presenceCommands, sessionCommands } from '@parley/protocol';
import type { Connection } from './connection.js';
import { problemFrom } from './http.js';
import { Watched } from './emitter.js';
import { backoffMs, type Timers } from './timers.js';

export type PresenceWish = NonNullable<Presence['wish']>;

/** Users in one command. */
const TOGETHER = 100;
const TRIES = 5;

interface Subject {
  readonly presence: Watched<Presence | undefined>;
  /** Who in the app looks at the user. */
  looks: number;
  /** Was told of on this connection, so that an older answer does not count. */
  isFresh: boolean;
}

/** Who is there: of users the app looks at, for as long as it does, whatever becomes of the connection. */
export class Presences {
  private readonly subjects = new Map<string, Subject>();
  /** To be told to the server at the end of this turn. */
  private readonly wanted = new Set<string>();
  private readonly unwanted = new Set<string>();
  private isScheduled = false;
  private isInFront = true;
  private session = 0;

  constructor(
    private readonly connection: Connection,
    private readonly timers: Timers,
  ) {}

  /** What is known of a user somebody in the app looks at; the same object until it changes. */
  get(userId: string): Presence | undefined {
    return this.subjects.get(userId)?.presence.getSnapshot();
  }

  /** Calls the listener when one of these users looks different; returns the function that stops it. */
  subscribe(userIds: readonly string[], listener: () => void): () => void {
    const ids = [...new Set(userIds)];
    const stops = ids.map((userId) => this.look(userId).presence.subscribe(listener));
    let isStopped = false;
    return () => {
      if (isStopped) return;
      isStopped = true;
      for (const stop of stops) stop();
      for (const userId of ids) this.lookAway(userId);
    };
  }

  /** What others shall see of this user, on all its devices. Throws `ParleyError`. */
  async set(status: PresenceWish): Promise<Presence> {
    const { presence } = await this.connection.command(presenceCommands.set, { status });
    return presence;
  }

  /** Does anybody look at the app? Who looks at none is away. In browsers this is told by itself. */
  setInFront(isInFront: boolean): void {
    if (isInFront === this.isInFront) return;
    this.isInFront = isInFront;
    this.tellState();
  }

  /** Best effort: the next connection is told again. */
  private tellState(): void {
    if (this.connection.state !== 'online') return;
    const state = this.isInFront ? 'active' : 'background';
    this.connection.command(sessionCommands.state, { state }).catch(() => undefined);
  }

  note({ data: { presence } }: PresenceEnvelope): void {
    this.learn(presence);
  }

  /** A new connection watches nobody yet. */
  online(): void {
    this.session += 1;
    this.unwanted.clear();
    for (const [userId, subject] of this.subjects) {
      subject.isFresh = false;
      this.wanted.add(userId);
    }
    this.schedule();
    if (!this.isInFront) this.tellState();
  }

  /** This user came into a room: somebody in it may be seen from now on. */
  askAgain(): void {
    for (const [userId, { presence }] of this.subjects) {
      const known = presence.getSnapshot();
      if (!known || known.lastSeen === 'hidden') this.wanted.add(userId);
    }
    if (this.wanted.size > 0) this.schedule();
  }

  private look(userId: string): Subject {
    const known = this.subjects.get(userId);
    const subject = known ?? { presence: new Watched<Presence | undefined>(undefined), looks: 0, isFresh: false };
    subject.looks += 1;
    if (known) return subject;
    this.subjects.set(userId, subject);
    // Although the server may tell of the user still: what was known is forgotten here.
    this.unwanted.delete(userId);
    this.wanted.add(userId);
    this.schedule();
    return subject;
  }

  private lookAway(userId: string): void {
    const subject = this.subjects.get(userId);
    if (!subject) return;
    subject.looks -= 1;
    if (subject.looks > 0) return;
    this.subjects.delete(userId);
    if (!this.wanted.delete(userId)) this.unwanted.add(userId);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    queueMicrotask(() => {
      this.isScheduled = false;
      if (this.connection.state === 'online') this.tell();
    });
  }

  private tell(): void {
    for (const userIds of chunksOf(TOGETHER, [...this.unwanted])) {
      // Best effort: the end of the connection does it too.
      this.connection.command(presenceCommands.unsubscribe, { userIds }).catch(() => undefined);
    }
    this.unwanted.clear();
    for (const userIds of chunksOf(TOGETHER, [...this.wanted])) void this.ask(userIds);
    this.wanted.clear();
  }

  /** Never rejects: of whom the server does not tell, nothing is known. */
  private async ask(userIds: string[]): Promise<void> {
    const { session } = this;
    for (let tries = 0; tries < TRIES && session === this.session; tries += 1) {
      try {
        const wanted = userIds.filter((userId) => this.subjects.has(userId));
        if (wanted.length === 0) return;
        const { presences } = await this.connection.command(presenceCommands.subscribe, { userIds: wanted });
        if (session === this.session) for (const presence of presences) this.learn(presence);
        return;
      } catch (error) {
        if (!problemFrom(error).retryable) return;
        await new Promise<void>((resolve) => void this.timers.setTimeout(resolve, backoffMs(tries, this.timers.random)));
      }
    }
  }

  /** An event that came before the answer may be newer than it. */
  private learn(presence: Presence): void {
    const subject = this.subjects.get(presence.userId);
    if (!subject) return;
    const known = subject.presence.getSnapshot();
    if (subject.isFresh && known && known.version > presence.version) return;
    subject.isFresh = true;
    subject.presence.set(presence);
  }
}
