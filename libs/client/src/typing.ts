import { type TypingEnvelope, typingCommands } from '@parley/protocol';
import type { Connection } from './connection.js';
import { Watched } from './emitter.js';
import type { TimerHandle, Timers } from './timers.js';

export type TypingAction = TypingEnvelope['data']['action'];

export interface TypingUser {
  readonly userId: string;
  readonly action: TypingAction;
}

/** The server ends it after 6 s; what its word was lost of ends here. */
const SHOWN_MS = 8_000;
/** While a user goes on, the server is told again this often. */
const TOLD_EVERY_MS = 3_000;

/** Who else is about to say something in one room. */
export class TypingUsers {
  readonly watched = new Watched<readonly TypingUser[]>([]);
  private readonly timers = new Map<string, TimerHandle>();

  constructor(
    private readonly clock: Timers,
    private readonly me: () => string | undefined,
  ) {}

  note({ type, data: { userId, action } }: TypingEnvelope): void {
    this.end(userId);
    if (type === 'typing.stopped' || userId === this.me()) return;
    this.timers.set(
      userId,
      this.clock.setTimeout(() => this.end(userId), SHOWN_MS),
    );
    this.watched.set([...this.watched.getSnapshot(), { userId, action }]);
  }

  /** Whoever has said it is not about to any more; nor is who left. */
  end(userId: string): void {
    const timer = this.timers.get(userId);
    if (timer === undefined) return;
    this.clock.clearTimeout(timer);
    this.timers.delete(userId);
    this.watched.set(this.watched.getSnapshot().filter((user) => user.userId !== userId));
  }

  clear(): void {
    for (const userId of [...this.timers.keys()]) this.end(userId);
  }
}

/** Tells the server that this user is about to say something: seldom, and never that a call failed. */
export class OwnTyping {
  private toldAt = -Infinity;
  private action?: TypingAction;

  constructor(
    private readonly connection: Connection,
    private readonly clock: Timers,
    private readonly roomId: string,
  ) {}

  start(action: TypingAction): void {
    const now = this.clock.now();
    if (this.connection.state !== 'online' || (action === this.action && now - this.toldAt < TOLD_EVERY_MS)) return;
    this.action = action;
    this.toldAt = now;
    this.connection.command(typingCommands.start, { roomId: this.roomId, action }).catch(() => undefined);
  }

  stop(): void {
    if (this.action === undefined) return;
    this.said();
    if (this.connection.state === 'online') this.connection.command(typingCommands.stop, { roomId: this.roomId }).catch(() => undefined);
  }

  /** A message of ours says it all: the others hear it end with it. */
  said(): void {
    this.action = undefined;
    this.toldAt = -Infinity;
  }
}
