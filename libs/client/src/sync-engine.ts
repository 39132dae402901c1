import type { Problem, Resume, RoomEnvelope, RoomHead, RoomSync, SessionReady, SyncAnswer, UserEnvelope } from '@parley/protocol';
import { LogFeed, type LogPosition } from './log-feed.js';
import { Strangers } from './strangers.js';
import { SyncLoop } from './sync-loop.js';
import type { Positions, SyncPorts } from './sync-ports.js';
import { type TrackedRoom, TrackedRooms } from './tracked-rooms.js';
import { WantedRooms } from './wanted-rooms.js';

type UserSlice = NonNullable<SyncAnswer['user']>;

const FRUITLESS_MAX = 3; // Answers in a row that do not lead on, before a head we only heard of is given up.

/** Follows the user's log and those of its rooms without gap, repeat or disorder (G6), by one `sync` call at a time. */
export class SyncEngine {
  private user?: LogFeed<UserEnvelope>;
  private userFruitless = 0;
  /** How often heads were heard that lie before our position, and how many of these a difference has explained. */
  private doubts = 0;
  private explained = 0;
  private readonly rooms = new TrackedRooms((event) => this.tellRoomEvent(event));
  private readonly strangers = new Strangers();
  private readonly wanted = new WantedRooms();
  private readonly loop: SyncLoop;

  constructor(
    private readonly ports: SyncPorts,
    resume?: Positions,
  ) {
    this.loop = new SyncLoop({
      timers: ports.timers,
      hasWork: () => this.wantsUser || this.wanted.due().length > 0,
      round: () => this.round(),
    });
    this.rooms.restore(resume?.rooms ?? {});
    if (resume?.userPts !== undefined) this.user = this.userFeed(resume.userPts);
  }

  positions(): Positions {
    return { userPts: this.user?.position.pts, rooms: this.rooms.positions() };
  }

  /** For the handshake; undefined before the first connection. */
  resume(): Resume | undefined {
    return this.user && { userPts: this.user.position.pts, rooms: this.rooms.resume() };
  }

  isTracked(roomId: string): boolean {
    return this.rooms.open(roomId) !== undefined;
  }

  /** The last position of the room the app was told; 0 when the room is not followed. */
  toldUpTo(roomId: string): number {
    return this.rooms.positionOf(roomId).pts;
  }

  /** Is everything of this room known that we know to exist? Rooms we do not follow count as current. */
  isCurrent(roomId: string): boolean {
    return !this.wanted.has(roomId) && !this.strangers.has(roomId);
  }

  /**
   * A room was fetched at this position. Where it is not followed yet, it will be as soon as the own log is known to be
   * whole. False for a member's view of a room that was left: it was fetched before, and comes too late.
   */
  track(roomId: string, position: LogPosition, as: 'member' | 'reader'): boolean {
    if (as === 'reader') this.rooms.reopen(roomId, position);
    const tracked = this.rooms.get(roomId);
    if (tracked?.isClosed) return false;
    tracked?.feed.heard(position);
    if (!tracked) this.strangers.expect(roomId, position);
    else if (tracked.feed.isBehind) this.want(roomId);
    this.loop.wake();
    return true;
  }

  untrack(roomId: string): void {
    this.rooms.forget(roomId);
    this.drop(roomId);
  }

  /** `held`: rooms that wait for `release`. */
  ready(ready: SessionReady, held: ReadonlySet<string>): void {
    this.wanted.hold(held);
    this.user ??= this.userFeed(ready.userPts);
    // The heads may have been read before what was replayed ahead of them; only a difference says that the log got shorter.
    if (ready.userPts < this.user.position.pts) this.doubts += 1;
    this.user.heard({ epoch: 0, pts: ready.userPts });
    const listed = new Set(ready.rooms.map(({ roomId }) => roomId));
    for (const room of ready.rooms) this.readyRoom(room);
    for (const roomId of this.rooms.openIds()) if (!listed.has(roomId)) this.want(roomId);
    this.loop.online();
  }

  private readyRoom({ roomId, epoch, pts, complete }: SessionReady['rooms'][number]): void {
    const known = this.rooms.get(roomId);
    const tracked = known ?? this.rooms.add(roomId, { epoch, pts });
    tracked.isClosed = false;
    tracked.visit += 1;
    const isAhead = epoch === tracked.feed.position.epoch && pts < tracked.feed.position.pts;
    tracked.feed.heard({ epoch, pts });
    if (known && (!complete || isAhead)) this.want(roomId);
    this.admit(roomId);
  }

  offline(): void {
    this.loop.offline();
    this.wanted.releaseAll();
  }

  /** Asks for what may be missing in this room, receipts included. */
  release(roomId: string): void {
    this.wanted.release(roomId);
    this.want(roomId);
    if (this.isCurrent(roomId)) this.ports.onCurrent(roomId);
    this.loop.wake();
  }

  takeRoomEvent(event: RoomEnvelope): void {
    const feed = this.rooms.get(event.roomId)?.feed;
    if (feed) feed.take(event, event.epoch);
    else this.strangers.hold(event);
    if (feed?.isBehind) this.want(event.roomId);
    this.loop.wake();
  }

  takeUserEvent(event: UserEnvelope): void {
    this.user?.take(event, 0);
    this.loop.wake();
  }

  /** The beacon. A room we never heard of, while our own log is whole, is one beyond those listed: its last event is fetched. */
  head({ heads, userPts }: RoomHead): void {
    this.user?.heard({ epoch: 0, pts: userPts });
    const isWhole = this.user?.isBehind === false;
    for (const { roomId, epoch, pts } of heads) {
      if (!this.rooms.get(roomId) && !this.strangers.has(roomId) && isWhole) this.rooms.add(roomId, { epoch, pts: Math.max(0, pts - 1) });
      const tracked = this.rooms.open(roomId);
      tracked?.feed.heard({ epoch, pts });
      if (tracked?.feed.isBehind) this.want(roomId);
    }
    this.loop.wake();
  }

  private tellRoomEvent(event: RoomEnvelope): void {
    this.ports.onRoomEvent(event);
    if (event.type === 'room.dissolved') this.close(event.roomId); // Leaving is told by the own log.
  }

  private tellUserEvent(event: UserEnvelope): void {
    this.ports.onUserEvent(event);
    if (event.type === 'room.exited') this.close(event.data.room.id);
    if (event.type !== 'room.entered') return;
    const { id } = event.data.room;
    this.rooms.enter(event, (start) => this.ports.onReset(id, start));
    this.admit(id);
  }

  private userFeed(pts: number): LogFeed<UserEnvelope> {
    return new LogFeed<UserEnvelope>(
      { epoch: 0, pts },
      ({ userPts }) => userPts,
      (event) => this.tellUserEvent(event),
    );
  }

  private admit(roomId: string): void {
    const tracked = this.rooms.open(roomId);
    for (const event of this.strangers.release(roomId)) tracked?.feed.take(event, event.epoch);
    if (tracked?.feed.isBehind) this.want(roomId);
    if (this.isCurrent(roomId)) this.ports.onCurrent(roomId); // What was to be sent has waited for its own log's word.
    this.loop.wake();
  }

  private close(roomId: string): void {
    this.rooms.close(roomId);
    this.drop(roomId);
  }

  private drop(roomId: string): void {
    this.strangers.release(roomId);
    if (this.wanted.delete(roomId)) this.ports.onCurrent(roomId);
  }

  private want(roomId: string): void {
    if (this.rooms.open(roomId)) this.wanted.add(roomId);
  }

  private get wantsUser(): boolean {
    return this.user !== undefined && (this.user.isBehind || this.explained < this.doubts || !this.strangers.isEmpty);
  }

  private async round(): Promise<boolean> {
    const strangers = this.strangers.ids();
    const { doubts } = this;
    const userPts = this.wantsUser ? this.user?.position.pts : undefined;
    const rooms = this.rooms.ask(this.wanted.due());
    const answer = await this.ports.sync({ ...(userPts === undefined ? {} : { userPts }), rooms });
    let hasMoved = false;
    if (answer.user && this.user && userPts !== undefined) {
      this.explained = doubts;
      // It was asked from `userPts`: the own log is shorter only if it ends before that, wherever it has got since.
      if (answer.user.pts < userPts) this.user.reset({ epoch: 0, pts: answer.user.pts });
      hasMoved = this.coverUser(this.user, answer.user, strangers);
    }
    for (const room of answer.rooms) hasMoved = this.coverRoom(room) || hasMoved;
    return hasMoved;
  }

  /** Once the own log is whole, a room it does not name is one we are in beyond those listed at the start. */
  private coverUser(user: LogFeed<UserEnvelope>, { events, pts, complete }: UserSlice, strangers: readonly string[]): boolean {
    const before = user.position.pts;
    user.cover(events, pts);
    const hasMoved = user.position.pts !== before;
    this.userFruitless = hasMoved || !complete || !user.isBehind ? 0 : this.userFruitless + 1;
    if (this.userFruitless > FRUITLESS_MAX) user.settle();
    if (!complete || user.isBehind) return hasMoved;
    for (const roomId of strangers) this.adopt(roomId);
    return true;
  }

  private adopt(roomId: string): void {
    const start = this.strangers.start(roomId);
    if (start && !this.rooms.get(roomId)) this.rooms.add(roomId, start);
    this.admit(roomId);
  }

  /** True when it led on. */
  private coverRoom(answer: RoomSync): boolean {
    const { roomId } = answer;
    const tracked = this.rooms.open(roomId);
    if (!tracked || tracked.visit !== tracked.askedAt) return true; // Entered or left meanwhile: an answer to another question.
    if (answer.error) return this.refused(roomId, tracked, answer.error);
    if (answer.reset) this.ports.onReset(roomId, { epoch: answer.epoch ?? 0, pts: answer.pts ?? 0 });
    const hasMoved = this.rooms.cover(answer);
    if (answer.receipts) this.ports.onReceipts(roomId, answer.receipts.cursors);
    return this.isDone(roomId, hasMoved, answer.complete !== false) || hasMoved;
  }

  private isDone(roomId: string, hasMoved: boolean, isComplete: boolean): boolean {
    const tracked = this.rooms.open(roomId);
    if (!tracked) return true;
    tracked.fruitless = hasMoved || !isComplete ? 0 : tracked.fruitless + 1;
    if (tracked.fruitless > FRUITLESS_MAX) tracked.feed.settle();
    if (!isComplete || tracked.feed.isBehind) {
      this.wanted.moveToEnd(roomId);
      return false;
    }
    this.wanted.delete(roomId);
    tracked.fruitless = 0;
    this.ports.onCurrent(roomId);
    return true;
  }

  /** The room may not be read any more; or not from where we stand, and then from what is kept of it on. */
  private refused(roomId: string, { feed }: TrackedRoom, { code, retryable, floorPts }: Problem): boolean {
    if (retryable) return false;
    if (code !== 'pts-too-old' || floorPts === undefined || floorPts <= feed.position.pts) {
      this.close(roomId);
      this.ports.onLost(roomId);
      return true;
    }
    const floor: LogPosition = { epoch: feed.position.epoch, pts: floorPts };
    this.ports.onReset(roomId, floor);
    feed.reset(floor);
    return true;
  }
}
