import { type Person, type Room, roomCommands, type RoomEnvelope } from '@parley/protocol';
import type { Connection } from './connection.js';
import { Watched } from './emitter.js';
import { problemFrom } from './http.js';
import type { LogPosition } from './log-feed.js';
import { backoffMs, type TimerHandle, type Timers } from './timers.js';
import { applyToRoom, withOwnCursors, withRoomProfile } from './room-summary.js';

export interface RoomListState {
  /** Newest activity first. Each with `lastMessage`, `memberCount` and `me.unread` as of its `pts`. */
  readonly rooms: readonly Room[];
  /** False when `loadMore` has nothing more to bring. */
  readonly hasMore: boolean;
}

export interface RoomListPorts {
  readonly timers: Timers;
  readonly connection: Connection;
  readonly me: () => string | undefined;
  /** False when the user has left the room meanwhile. */
  readonly follow: (roomId: string, position: LogPosition, as: 'member') => boolean;
  /** How far the app has been told of this room's log. */
  readonly toldUpTo: (roomId: string) => number;
}

const PAGE = 50;
/** Several tries, since a busy room may have moved on while it was read. */
const REFRESHES = 3;

/** The user's rooms as far as the app asked for them, carried on by events. */
export class RoomList {
  readonly watched = new Watched<RoomListState>({ rooms: [], hasMore: true });
  private readonly rooms = new Map<string, Room>();
  /** Rooms to fetch, with a number that tells a later wish for the same room from the one under way. */
  private readonly refreshing = new Map<string, number>();
  /** Own cursors of rooms not shown yet, heard while a page was on its way. */
  private readonly early = new Map<string, { readonly readSeq: number; readonly deliveredSeq: number }>();
  private wishes = 0;
  private isRefreshing = false;
  private failures = 0;
  private timer?: TimerHandle;
  private cursor: string | null | undefined;
  private loading?: Promise<boolean>;

  constructor(private readonly ports: RoomListPorts) {}

  /** The next page, newest activity first. True while there are more. */
  loadMore(): Promise<boolean> {
    this.loading ??= this.nextPage().finally(() => {
      this.loading = undefined;
      this.early.clear();
    });
    return this.loading;
  }

  private async nextPage(): Promise<boolean> {
    if (this.cursor === null) return false;
    const page = await this.ports.connection.command(roomCommands.list, { limit: PAGE, cursor: this.cursor });
    this.cursor = page.nextCursor;
    for (const room of page.items) this.put(room, 'end');
    this.publish();
    return page.nextCursor !== null;
  }

  /** A room that was fetched, whatever for. */
  learn(room: Room): void {
    if (!room.me || room.dissolvedAt) return;
    this.put(room, 'front');
    this.publish();
  }

  /** A room the user has entered: shown at once, completed by fetching it. */
  enter(room: Room): void {
    if (!this.rooms.has(room.id)) this.toFront(room);
    this.publish();
    this.refresh(room.id);
  }

  remove(roomId: string): void {
    this.refreshing.delete(roomId);
    if (this.rooms.delete(roomId)) this.publish();
  }

  apply(event: RoomEnvelope): void {
    const room = this.rooms.get(event.roomId);
    if (!room) return;
    // Its log started over: what is shown belongs to the earlier life, cursors included, and is fetched again as a whole.
    if (event.epoch > room.epoch) return this.refresh(event.roomId);
    if (event.pts > room.pts + 1) this.refresh(event.roomId);
    const next = applyToRoom(room, event, { me: this.ports.me() });
    if (event.type === 'message.created') this.toFront(next);
    else this.rooms.set(event.roomId, next);
    this.publish();
  }

  ownCursors(roomId: string, readSeq: number, deliveredSeq: number): void {
    const room = this.rooms.get(roomId);
    if (!room) return this.keepForPage(roomId, readSeq, deliveredSeq);
    this.rooms.set(roomId, withOwnCursors(room, readSeq, deliveredSeq));
    this.publish();
  }

  /** A page on its way may have been read before. */
  private keepForPage(roomId: string, readSeq: number, deliveredSeq: number): void {
    if (!this.loading) return;
    const before = this.early.get(roomId);
    const cursors = { readSeq: Math.max(before?.readSeq ?? 0, readSeq), deliveredSeq: Math.max(before?.deliveredSeq ?? 0, deliveredSeq) };
    this.early.set(roomId, cursors);
  }

  profile(person: Person): void {
    for (const [roomId, room] of this.rooms) this.rooms.set(roomId, withRoomProfile(room, person));
    this.publish();
  }

  /** Fetches a room again where its summary cannot be carried on: its log started over, or a part was not told. */
  refresh(roomId: string): void {
    this.early.delete(roomId);
    if (!this.rooms.has(roomId)) return;
    this.wishes += 1;
    this.refreshing.set(roomId, this.wishes);
    this.resume();
  }

  /** Also called when a connection is ready. */
  resume(): void {
    const isDue = this.refreshing.size > 0 && this.ports.connection.state === 'online';
    if (isDue && !this.isRefreshing) void this.refreshAll();
  }

  /** One after the other, bounded by the rooms shown. Never rejects: what fails is tried again. */
  private async refreshAll(): Promise<void> {
    this.isRefreshing = true;
    try {
      for (let [next] = this.refreshing; next; [next] = this.refreshing) await this.refreshRoom(...next);
      this.failures = 0;
    } catch {
      this.resumeLater();
    }
    this.isRefreshing = false;
  }

  /** Refused for now. When the connection is gone the next one resumes, if there will be one. */
  private resumeLater(): void {
    const { timers } = this.ports;
    if (this.timer !== undefined) timers.clearTimeout(this.timer);
    this.timer = timers.setTimeout(
      () => this.resume(),
      backoffMs(this.failures, () => timers.random()),
    );
    this.failures += 1;
  }

  /**
   * What was wished while this was under way, as by coming back in, is not answered by an answer from before. A refusal
   * of a room that is still listed is from before, too.
   */
  private async refreshRoom(roomId: string, wish: number): Promise<void> {
    for (let tries = 0; tries < REFRESHES && this.rooms.has(roomId) && !(await this.isFresh(roomId)); tries += 1);
    if (this.refreshing.get(roomId) === wish) this.refreshing.delete(roomId);
  }

  private async isFresh(roomId: string): Promise<boolean> {
    const answer = await this.ports.connection.command(roomCommands.get, { roomId }).catch((error: unknown) => {
      if (problemFrom(error).retryable) throw error;
      return undefined;
    });
    const before = this.rooms.get(roomId);
    if (!answer || !before) return !before;
    const { room } = answer;
    this.rooms.set(roomId, newest(before, room, 'fetched-last'));
    this.publish();
    return room.me !== undefined && room.pts >= this.ports.toldUpTo(roomId);
  }

  private put(fetched: Room, where: 'front' | 'end'): void {
    const { readSeq, deliveredSeq } = this.early.get(fetched.id) ?? { readSeq: 0, deliveredSeq: 0 };
    const room = withOwnCursors(fetched, readSeq, deliveredSeq);
    if (!this.ports.follow(room.id, { epoch: room.epoch, pts: room.pts }, 'member')) return;
    const before = this.rooms.get(room.id);
    if (before) this.rooms.set(room.id, newest(before, room, 'maybe-older'));
    else if (where === 'end') this.rooms.set(room.id, room);
    else this.toFront(room);
    if (this.ports.toldUpTo(room.id) > room.pts && !before) this.refresh(room.id);
  }

  private toFront(room: Room): void {
    const { value: first } = this.rooms.keys().next();
    if (first === room.id) return void this.rooms.set(room.id, room);
    const others = [...this.rooms].filter(([roomId]) => roomId !== room.id);
    this.rooms.clear();
    this.rooms.set(room.id, room);
    for (const [roomId, other] of others) this.rooms.set(roomId, other);
  }

  private publish(): void {
    this.watched.set({ rooms: [...this.rooms.values()], hasMore: this.cursor !== null });
  }
}

/** Of two views of a room the one further on; what only a fetched one has (`me`, `peer`) is taken over. */
function newest(before: Room, fetched: Room, what: 'fetched-last' | 'maybe-older'): Room {
  const isNewer = fetched.epoch > before.epoch || fetched.pts >= before.pts || (what === 'fetched-last' && fetched.epoch !== before.epoch);
  if (isNewer)
    return before.me && before.epoch === fetched.epoch ? withOwnCursors(fetched, before.me.readSeq, before.me.deliveredSeq) : fetched;
  const { me } = fetched;
  const unread = me && Math.max(0, before.lastSeq - me.readSeq);
  return { ...before, peer: before.peer ?? fetched.peer, me: before.me ?? (me && { ...me, unread: unread ?? 0 }) };
}
