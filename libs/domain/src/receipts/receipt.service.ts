import type { Actor } from '../actor.js';
import { DomainError } from '../errors.js';
import type { ReceiptEvent } from '../events.js';
import type { RoomId } from '../ids.js';
import { RECEIPTS_MEMBERS_MAX } from '../limits.js';
import { requireUser } from '../members/member.service.js';
import type { Clock } from '../ports/clock.js';
import type { Fanout } from '../ports/fanout.js';
import type { Store } from '../ports/store.js';
import { readableRoom, standing } from '../rooms/access.js';

const COALESCE_MS = 1_000;
/** Cursors waiting to be told; beyond it the oldest is told early rather than kept. */
const WAITING_MAX = 100_000;

export interface Receipt {
  readonly readSeq: number;
  readonly deliveredSeq: number;
  readonly unread: number;
}

/** How far each member has got. Cursors only move forward; others are told at most once a second per reader and room. */
export class ReceiptService {
  private readonly toldAt = new Map<string, number>();
  private readonly waiting = new Map<string, ReceiptEvent>();

  constructor(
    private readonly store: Store,
    private readonly fanout: Fanout,
    private readonly clock: Clock,
  ) {}

  async mark(actor: Actor, roomId: RoomId, kind: 'read' | 'delivered', seq: number): Promise<Receipt> {
    const user = requireUser(actor);
    const { mark, room } = await this.store.tenant(actor.tenantId, async (tx) => {
      const access = await readableRoom(tx, actor, roomId, this.clock.now());
      standing(actor, access);
      const mark = await tx.members.mark(access.room.no, user.no, kind, seq);
      if (!mark) throw new DomainError('not-a-member');
      return { mark, room: access.room };
    });
    const { member, lastSeq } = mark;
    if (mark.hasMoved && (kind === 'read' || room.memberCount <= RECEIPTS_MEMBERS_MAX)) {
      this.tell({
        type: kind === 'read' ? 'message.read' : 'message.delivered',
        tenantId: actor.tenantId,
        roomNo: room.no,
        roomId,
        user,
        seq: kind === 'read' ? member.readSeq : member.deliveredSeq,
        at: this.clock.now(),
      });
    }
    return { readSeq: member.readSeq, deliveredSeq: member.deliveredSeq, unread: lastSeq - member.readSeq };
  }

  /** The first mark of a second is told at once, the last of what follows by `flush`. */
  private tell(event: ReceiptEvent): void {
    const key = `${event.tenantId}/${event.roomNo}/${event.user.no}/${event.type}`;
    const now = event.at.getTime();
    if (now - (this.toldAt.get(key) ?? 0) < COALESCE_MS && this.waiting.size < WAITING_MAX) {
      this.waiting.set(key, event);
      return;
    }
    this.waiting.delete(key);
    this.toldAt.set(key, now);
    this.fanout.toRoom(event);
  }

  /** Tells what has waited a second. Called about four times a second by the server's loop. */
  flush(): void {
    const now = this.clock.now().getTime();
    for (const [key, event] of this.waiting) {
      if (now - (this.toldAt.get(key) ?? 0) < COALESCE_MS) continue;
      this.waiting.delete(key);
      this.toldAt.set(key, now);
      this.fanout.toRoom(event);
    }
    for (const [key, at] of this.toldAt) if (now - at >= COALESCE_MS && !this.waiting.has(key)) this.toldAt.delete(key);
  }
}
