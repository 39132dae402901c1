import type { RoomEvent, UserEvent } from '../events.js';
import { roomKeyOf, type RoomKey, type UserKey } from '../ids.js';
import type { Bus, BusMessage } from '../ports/bus.js';
import type { Clock } from '../ports/clock.js';
import type { Fanout, KnownHead } from '../ports/fanout.js';
import type { Appended, RoomLog } from '../ports/room-log.js';
import { bannedError } from '../rooms/access.js';
import { addressed } from './addressed.js';

/** How long an event waits for the one before it, which another commit is about to bring; then the log is read. */
const GAP_PATIENCE_MS = 50;
/** Until a log that could not be read is asked again. */
const RETRY_MS = 250;
const FILL_MAX = 1_000;
/** Of one room, behind a gap; what comes beyond is read from the log in its turn. */
const WAITING_MAX = 1_000;
/** Rooms whose position is kept while nobody here listens to them; a forgotten one starts over at its next event. */
const ROOMS_MAX = 100_000;
/** How many are looked at to find one to forget. */
const CANDIDATES_MAX = 10;

/**
 * `stale`: older than a removal that was told, so that the right to listen must be read again. `behind`: others were told
 * what came after it; it will not be told again.
 */
export type Following = 'current' | 'behind' | 'stale';

interface RoomFlow {
  readonly key: RoomKey;
  epoch: number;
  /** Told up to here. */
  pts: number;
  /** Nothing up to here was told: it was stored before anybody listened. */
  since: number;
  /** Known to be stored up to here. */
  head: number;
  /** Up to here somebody may have been put out. A right that was read at an earlier position may have ended. */
  outPts: number;
  readonly waiting: Map<number, RoomEvent>;
  isFilling: boolean;
}

/**
 * From the log to the sockets, per room in pts order, each event once and none left out, whichever commit it came from:
 * who is put out is out before anything later is told (G11). What is lost on the way after this is healed by the client
 * (gap, beacon, sync).
 */
export class RelayService {
  private readonly rooms = new Map<string, RoomFlow>();
  private doubts: (user: UserKey) => void = () => undefined;

  constructor(
    private readonly log: RoomLog,
    private readonly fanout: Fanout,
    private readonly clock: Clock,
    private readonly bus: Bus,
  ) {
    bus.receive((message) => this.fromElsewhere(message));
  }

  /** Who hears of users whose rooms must be read to know where they listen. */
  whenInDoubt(hear: (user: UserKey) => void): void {
    this.doubts = hear;
  }

  /** Tells what was committed here: own sockets first, then the other nodes. */
  publish(appended: Appended): void {
    this.tell(appended);
    for (const [channel, part] of addressed(appended)) this.bus.send(channel, { kind: 'appended', appended: part });
  }

  /** What another node committed passes the same order and the same doors before it meets a socket. */
  private fromElsewhere(message: BusMessage): void {
    switch (message.kind) {
      case 'appended':
        return this.tell(message.appended);
      case 'notice':
        return this.fanout.toRoom(message.event);
      case 'profile':
        return this.fanout.toUserRooms(message.event, message.rooms);
      case 'presence':
        return undefined;
      case 'end-user':
        return this.fanout.disconnectUser(message.user, message.reason, message.details);
      case 'end-key':
        return this.fanout.disconnectKey(message.tenantId, message.signingKeyId, message.reason);
      case 'end-tenant':
        return this.fanout.disconnectTenant(message.tenantId, message.reason);
    }
  }

  /**
   * One commit in one room. A user learns of a room before the room's own events reach it. A commit that concerns several
   * users comes from elsewhere once for each of them that is connected here.
   */
  private tell({ events, userEvents }: Appended): void {
    const [first] = events;
    if (first) this.skipUnheard(first);
    this.enterEarly(events);
    for (const event of userEvents) this.tellUser(event);
    for (const event of events) this.take(event);
  }

  /** What listening from this position on would mean; with anything but `stale`, what comes after now is told. */
  follow(head: Omit<KnownHead, 'roomId'>): Following {
    const flow = this.rooms.get(roomKeyOf(head));
    if (!flow || flow.epoch < head.epoch) {
      this.startFlow(head, head.pts);
      return 'current';
    }
    if (flow.epoch > head.epoch || head.pts < flow.outPts) return 'stale';
    if (head.pts > flow.pts && !this.fanout.isServed(head)) this.skipTo(flow, head.pts);
    return head.pts < flow.pts ? 'behind' : 'current';
  }

  /**
   * The log is known to have come this far, however that was learned. What was not told is read and told; where nothing
   * is known of what was told, listeners are given the head and ask for what they lack.
   */
  async catchUp(head: KnownHead): Promise<void> {
    if (!this.fanout.isServed(head)) return;
    const flow = this.rooms.get(roomKeyOf(head));
    if (flow && flow.epoch >= head.epoch) return this.reach(head, head.pts);
    this.startFlow(head, head.pts);
    this.fanout.head(head);
  }

  /** Tells what is stored up to a position, where something of the room was told before. */
  async reach(room: RoomKey, pts: number): Promise<void> {
    const flow = this.rooms.get(roomKeyOf(room));
    if (!flow || flow.pts >= pts) return;
    flow.head = Math.max(flow.head, pts);
    if (flow.isFilling) return;
    flow.isFilling = true;
    await this.fill(flow);
  }

  /** Whoever came in; a join that is told late, after the removal that followed it, opens nothing. */
  private enter(event: RoomEvent): void {
    if (event.type === 'member.joined') this.fanout.enter({ tenantId: event.tenantId, userNo: event.data.member.user.no }, event);
  }

  /** What was committed while nobody here listened need not be told before this. */
  private skipUnheard(first: RoomEvent): void {
    const flow = this.flowOf(first);
    if (first.pts > flow.pts + 1 && !this.fanout.isServed(first)) this.skipTo(flow, first.pts - 1);
  }

  /** Who comes in is told all of the commit that let it in, and nothing from before that commit. */
  private enterEarly(events: readonly RoomEvent[]): void {
    const [first] = events;
    const flow = first && this.flowOf(first);
    if (!flow || first.pts > flow.pts + 1) return;
    for (const event of events) if (event.pts > flow.pts) this.enter(event);
  }

  /** One entry of a user's own log, also when it may have been told before. */
  tellUser(event: UserEvent): void {
    this.fanout.toUser(event);
    if (event.type === 'user.banned') this.fanout.disconnectUser(event, 'banned', bannedError(event.data.ban).details);
  }

  private take(event: RoomEvent): void {
    const flow = this.flowOf(event);
    if (event.pts <= flow.pts) {
      if (event.type === 'member.joined' && event.pts <= flow.since)
        this.doubts({ tenantId: event.tenantId, userNo: event.data.member.user.no });
      return;
    }
    flow.head = Math.max(flow.head, event.pts);
    if (flow.waiting.size < WAITING_MAX || event.pts === flow.pts + 1) flow.waiting.set(event.pts, event);
    this.drain(flow);
    if (flow.pts < flow.head) this.awaitGap(flow, GAP_PATIENCE_MS);
  }

  private drain(flow: RoomFlow): void {
    for (let next = flow.waiting.get(flow.pts + 1); next; next = flow.waiting.get(flow.pts + 1)) {
      flow.waiting.delete(next.pts);
      flow.pts = next.pts;
      this.tellRoom(next, flow);
    }
  }

  private tellRoom(event: RoomEvent, flow: RoomFlow): void {
    this.enter(event);
    this.fanout.toRoom(event);
    switch (event.type) {
      case 'member.left':
      case 'member.removed':
      case 'member.banned':
        flow.outPts = event.pts;
        this.fanout.exit({ tenantId: event.tenantId, userNo: event.data.member.user.no }, event);
        return;
      case 'room.updated':
        if (event.data.room.kind !== 'channel' || event.data.room.settings.publicRead) return;
        flow.outPts = event.pts;
        this.fanout.closeToReaders(event);
        return;
      case 'room.dissolved':
        flow.outPts = event.pts;
        this.fanout.dissolve(event);
        return;
      default:
    }
  }

  private awaitGap(flow: RoomFlow, milliseconds: number): void {
    if (flow.isFilling) return;
    flow.isFilling = true;
    this.clock.later(milliseconds, () => void this.fill(flow));
  }

  /** Reads what did not come by itself. A log that cannot be read is asked until it can: nothing is left out. */
  private async fill(flow: RoomFlow): Promise<void> {
    let patience = GAP_PATIENCE_MS;
    try {
      if (flow.pts < flow.head) await this.readOn(flow);
      this.drain(flow);
    } catch {
      patience = RETRY_MS;
    }
    flow.isFilling = false;
    const isStillThis = this.rooms.get(roomKeyOf(flow.key)) === flow;
    if (flow.pts < flow.head && isStillThis) this.awaitGap(flow, patience);
  }

  private async readOn(flow: RoomFlow): Promise<void> {
    const known = flow.head;
    const { events, head } = await this.log.after(flow.key, flow.pts, FILL_MAX);
    for (const event of events) if (event.pts > flow.pts && event.epoch === flow.epoch) flow.waiting.set(event.pts, event);
    // A log that starts over or was shortened has nothing more to give.
    if (head.epoch > flow.epoch || (head.pts < known && flow.head === known)) flow.head = flow.pts;
  }

  /** Nobody listens: what was not told need not be. */
  private skipTo(flow: RoomFlow, pts: number): void {
    for (const waiting of flow.waiting.keys()) if (waiting <= pts) flow.waiting.delete(waiting);
    flow.pts = pts;
    flow.since = pts;
    flow.head = Math.max(flow.head, pts);
    flow.outPts = pts;
  }

  private flowOf(event: RoomEvent): RoomFlow {
    const key = roomKeyOf(event);
    const known = this.rooms.get(key);
    // In a new epoch positions begin anew: what was told under the old one says nothing.
    return known && known.epoch >= event.epoch ? known : this.startFlow(event, event.pts - 1);
  }

  private startFlow({ tenantId, roomNo, epoch }: RoomKey & { readonly epoch: number }, pts: number): RoomFlow {
    const key = { tenantId, roomNo };
    // In another life of the log nobody knows who is inside: whoever listened comes back and is let in by what is stored.
    if (this.rooms.has(roomKeyOf(key)) && this.fanout.isServed(key)) this.fanout.interrupt(key);
    if (this.rooms.size >= ROOMS_MAX) this.forgetOne();
    const flow: RoomFlow = { key, epoch, pts, since: pts, head: pts, outPts: pts, waiting: new Map(), isFilling: false };
    this.rooms.set(roomKeyOf(key), flow);
    return flow;
  }

  /** Rooms that somebody listens to are never forgotten. */
  private forgetOne(): void {
    let candidates = CANDIDATES_MAX;
    for (const [key, flow] of this.rooms) {
      this.rooms.delete(key);
      if (!this.fanout.isServed(flow.key)) return;
      this.rooms.set(key, flow);
      candidates -= 1;
      if (candidates === 0) return;
    }
  }
}
