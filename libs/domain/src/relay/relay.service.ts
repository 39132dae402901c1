import type { RoomEvent, UserEvent } from '../events.js';
import { roomKeyOf, type RoomKey } from '../ids.js';
import type { Bus, BusMessage } from '../ports/bus.js';
import type { Clock } from '../ports/clock.js';
import type { Fanout, KnownHead } from '../ports/fanout.js';
import type { Appended, RoomLog } from '../ports/room-log.js';
import { bannedError } from '../rooms/access.js';

/** How long an event waits for the one before it, which another commit is about to bring; then the log is read. */
const GAP_PATIENCE_MS = 50;
const FILL_MAX = 1_000;
/** Rooms whose position is kept; a forgotten one simply starts over at its next event. */
const ROOMS_MAX = 100_000;

interface RoomFlow {
  readonly key: RoomKey;
  epoch: number;
  pts: number;
  readonly waiting: Map<number, RoomEvent>;
  isFilling: boolean;
}

/**
 * From the log to the sockets, per room in pts order and each event once, whichever commit it came from. What is lost
 * on the way after this is healed by the client (gap, beacon, sync).
 */
export class RelayService {
  private readonly rooms = new Map<string, RoomFlow>();

  constructor(
    private readonly log: RoomLog,
    private readonly fanout: Fanout,
    private readonly clock: Clock,
    private readonly bus: Bus,
  ) {
    bus.receive((message) => this.fromElsewhere(message));
  }

  /** Tells what was committed here: own sockets first, then the other nodes. */
  publish(appended: Appended): void {
    this.tell(appended);
    if (appended.events.length + appended.userEvents.length > 0) this.bus.send({ kind: 'appended', appended });
  }

  /** What another node committed passes the same order and the same doors before it meets a socket. */
  private fromElsewhere(message: BusMessage): void {
    switch (message.kind) {
      case 'appended':
        return this.tell(message.appended);
      case 'receipt':
        return this.fanout.toRoom(message.event);
      case 'profile':
        return this.fanout.toUserRooms(message.event);
      case 'end-user':
        return this.fanout.disconnectUser(message.user, message.reason, message.details);
      case 'end-key':
        return this.fanout.disconnectKey(message.tenantId, message.signingKeyId, message.reason);
      case 'end-tenant':
        return this.fanout.disconnectTenant(message.tenantId, message.reason);
    }
  }

  /** A user learns of a room before the room's own events reach it. */
  private tell({ events, userEvents }: Appended): void {
    for (const event of events) if (event.pts > this.flowOf(event).pts) this.enter(event);
    for (const event of userEvents) this.tellUser(event);
    for (const event of events) this.take(event);
  }

  /** Whoever came in; a join that is told late, after the removal that followed it, opens nothing. */
  /**
   * The log is known to have come this far, however that was learned. What was not told is read and told; where nothing
   * is known of what was told, listeners are given the head and ask for what they lack.
   */
  async catchUp(head: KnownHead): Promise<void> {
    const flow = this.rooms.get(roomKeyOf(head));
    if (flow && flow.epoch >= head.epoch) return this.reach(head, head.pts);
    this.startFlow(head, head.pts);
    this.fanout.head(head);
  }

  /** Tells what is stored up to a position, where something of the room was told before. */
  async reach(room: RoomKey, pts: number): Promise<void> {
    const flow = this.rooms.get(roomKeyOf(room));
    if (!flow || flow.pts >= pts || flow.isFilling) return;
    flow.isFilling = true;
    await this.fill(flow, true);
  }

  private enter(event: RoomEvent): void {
    if (event.type === 'member.joined') this.fanout.enter({ tenantId: event.tenantId, userNo: event.data.member.user.no }, event);
  }

  private tellUser(event: UserEvent): void {
    this.fanout.toUser(event);
    if (event.type === 'user.banned') this.fanout.disconnectUser(event, 'banned', bannedError(event.data.ban).details);
  }

  private take(event: RoomEvent): void {
    const flow = this.flowOf(event);
    if (event.pts <= flow.pts) return;
    flow.waiting.set(event.pts, event);
    this.drain(flow);
    if (flow.waiting.size > 0) this.awaitGap(flow);
  }

  private drain(flow: RoomFlow): void {
    for (let next = flow.waiting.get(flow.pts + 1); next; next = flow.waiting.get(flow.pts + 1)) {
      flow.waiting.delete(next.pts);
      flow.pts = next.pts;
      this.tellRoom(next);
    }
  }

  private tellRoom(event: RoomEvent): void {
    this.enter(event);
    this.fanout.toRoom(event);
    switch (event.type) {
      case 'member.left':
      case 'member.removed':
      case 'member.banned':
        this.fanout.exit({ tenantId: event.tenantId, userNo: event.data.member.user.no }, event);
        return;
      case 'room.dissolved':
        this.fanout.dissolve(event);
        return;
      default:
    }
  }

  private awaitGap(flow: RoomFlow): void {
    if (flow.isFilling) return;
    flow.isFilling = true;
    this.clock.later(GAP_PATIENCE_MS, () => void this.fill(flow));
  }

  /** Reads what did not come by itself. When the log cannot be read the gap is left to the clients, who will see it. */
  private async fill(flow: RoomFlow, isForced = false): Promise<void> {
    try {
      if (flow.waiting.size === 0 && !isForced) return;
      const { events } = await this.log.after(flow.key, flow.pts, FILL_MAX);
      for (const event of events) if (event.pts > flow.pts) flow.waiting.set(event.pts, event);
    } catch {
      if (flow.waiting.size > 0) flow.pts = Math.min(...flow.waiting.keys()) - 1;
    } finally {
      flow.isFilling = false;
      this.drain(flow);
      if (flow.waiting.size > 0) this.awaitGap(flow);
    }
  }

  private flowOf(event: RoomEvent): RoomFlow {
    const key = roomKeyOf(event);
    const known = this.rooms.get(key);
    // In a new epoch positions begin anew: what was told under the old one says nothing.
    return known && known.epoch >= event.epoch ? known : this.startFlow(event, event.pts - 1);
  }

  private startFlow({ tenantId, roomNo, epoch }: RoomKey & { readonly epoch: number }, pts: number): RoomFlow {
    if (this.rooms.size >= ROOMS_MAX) this.forgetOldest();
    const flow: RoomFlow = { key: { tenantId, roomNo }, epoch, pts, waiting: new Map(), isFilling: false };
    this.rooms.set(roomKeyOf(flow.key), flow);
    return flow;
  }

  private forgetOldest(): void {
    const oldest = this.rooms.keys().next().value;
    if (oldest !== undefined) this.rooms.delete(oldest);
  }
}
