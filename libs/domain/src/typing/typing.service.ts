import type { Actor } from '../actor.js';
import type { TypingEvent } from '../events.js';
import type { RoomId } from '../ids.js';
import { requireUser } from '../members/member.service.js';
import { whyMayNotSpeak } from '../messages/speaking.js';
import type { Clock } from '../ports/clock.js';
import type { Fanout } from '../ports/fanout.js';
import type { Store } from '../ports/store.js';
import { readableRoom } from '../rooms/access.js';
import { TYPING_FLOOR_MS, TYPING_LASTS_MS, type TypingAction } from './typing.js';

/** Beyond so many the longest running ones end for the others, too early. */
const KEPT_MAX = 50_000;

interface Typing {
  readonly event: TypingEvent;
  readonly startedAt: number;
  readonly cancel: () => void;
}

/** Who is about to say something. Kept nowhere: what is lost ends by itself, here and at every client. */
export class TypingService {
  private readonly typing = new Map<string, Typing>();

  constructor(
    private readonly store: Store,
    private readonly fanout: Fanout,
    private readonly clock: Clock,
  ) {}

  /** Lasts 6 s; more than two in a second are one. Throws what a send would be refused with. */
  async start(actor: Actor, roomId: RoomId, action: TypingAction): Promise<void> {
    const user = requireUser(actor);
    const key = `${actor.tenantId}/${user.no}/${roomId}`;
    const now = this.clock.now();
    const known = this.typing.get(key);
    if (known && known.event.action === action && now.getTime() - known.startedAt < TYPING_FLOOR_MS) return;
    const facts = await this.store.tenant(actor.tenantId, (tx) => tx.rooms.sendFacts(roomId, user.no));
    const refusal = whyMayNotSpeak(facts, now);
    if (refusal) throw refusal;
    if (!facts) return;
    const event = { type: 'typing.started', tenantId: actor.tenantId, roomNo: facts.room.no, roomId, user, action, at: now } as const;
    this.forget(key);
    this.makeRoom();
    const cancel = this.clock.later(TYPING_LASTS_MS, () => this.end(key));
    this.typing.set(key, { event, startedAt: now.getTime(), cancel });
    this.fanout.toRoom(event);
  }

  /** Tells nobody where nothing was begun here, perhaps on another node: that ends by itself. */
  async stop(actor: Actor, roomId: RoomId): Promise<void> {
    const key = `${actor.tenantId}/${requireUser(actor).no}/${roomId}`;
    if (this.typing.has(key)) this.end(key);
    else await this.store.tenant(actor.tenantId, (tx) => readableRoom(tx, actor, roomId, this.clock.now()));
  }

  private end(key: string): void {
    const typing = this.typing.get(key);
    if (!typing) return;
    this.forget(key);
    this.fanout.toRoom({ ...typing.event, type: 'typing.stopped', at: this.clock.now() });
  }

  private forget(key: string): void {
    this.typing.get(key)?.cancel();
    this.typing.delete(key);
  }

  private makeRoom(): void {
    if (this.typing.size < KEPT_MAX) return;
    const [oldest] = this.typing.keys();
    if (oldest !== undefined) this.end(oldest);
  }
}
