import { messageCommands, type Member, type Message, type Person, type Room, roomCommands, type RoomEnvelope } from '@parley/protocol';
import type { Connection } from './connection.js';
import { Watched } from './emitter.js';
import { EventJournals, type Journal } from './event-journal.js';
import { type FetchedRoom, fetchRoom, MEMBERS_PAGE } from './fetch-room.js';
import { localProblem, ParleyError, problemFrom } from './http.js';
import type { LogPosition } from './log-feed.js';
import { withPage } from './message-rows.js';
import type { OutboxEntry } from './outbox-storage.js';
import {
  applyEvent,
  applyProfile,
  applyReceipts,
  applySent,
  emptyRoomState,
  type ReadCursor,
  reduceMembers,
  reduceMessages,
  type RoomState,
  snapshotState,
  withinWindow,
} from './room-state.js';
import { backoffMs, type TimerHandle, type Timers } from './timers.js';

/** Messages kept besides those the app asked for with `loadOlder`. */
const WINDOW_MAX = 2_000;
/** Live cursors kept while loading; what is lost beyond comes with the next difference. */
const CURSORS_MAX = 1_000;

export interface RoomStorePorts {
  readonly connection: Connection;
  readonly timers: Timers;
  readonly me: () => string | undefined;
  /** False when the viewer has left meanwhile. */
  readonly follow: (roomId: string, position: LogPosition, as: 'member' | 'reader') => boolean;
  /** Must this room be subscribed before its events come? */
  readonly needsSubscription: (room: Room) => boolean;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Keeps the state of one opened room: loads it, carries it on by events, loads it anew when the log started over. */
export class RoomStore {
  readonly watched: Watched<RoomState>;
  isSubscribed = false;
  private readonly journals = new EventJournals();
  private readonly cursors: ReadCursor[] = [];
  private readonly waiters: Waiter[] = [];
  /** Does the state need to be fetched? */
  private isStale = true;
  private isLoading = false;
  private isClosed = false;
  /** Rises with every snapshot: pages asked for under an older one are not joined to it. */
  private generation = 0;
  private failures = 0;
  private timer?: TimerHandle;
  private membersCursor: string | null = null;
  private olderLoaded = 0;

  constructor(
    readonly roomId: string,
    private readonly ports: RoomStorePorts,
    pending: readonly OutboxEntry[],
  ) {
    this.watched = new Watched<RoomState>({ ...emptyRoomState(roomId, ports.me()), pending });
    this.pull();
  }

  get state(): RoomState {
    return this.watched.getSnapshot();
  }

  /** Resolves when the room is loaded; rejects when it may not be read. */
  loaded(): Promise<void> {
    const { status, problem } = this.state;
    if (problem) return Promise.reject(new ParleyError(problem));
    return status === 'loading' ? new Promise((resolve, reject) => this.waiters.push({ resolve, reject })) : Promise.resolve();
  }

  /** A connection is ready: what failed for want of one is tried again. */
  online(): void {
    this.failures = 0;
    this.stopTimer();
    this.pull();
  }

  reload(): void {
    this.isStale = true;
    this.generation += 1;
    this.cursors.length = 0; // Of the log as it was.
    this.pull();
  }

  close(): void {
    this.isClosed = true;
    this.stopTimer();
    this.answer(({ reject }) => reject(new ParleyError(localProblem('unavailable', 'the room was closed'))));
  }

  apply(event: RoomEnvelope): void {
    this.journals.note(event);
    if (this.isStale || this.state.status === 'failed') return;
    const { state, outcome } = applyEvent(this.state, event);
    if (outcome === 'gap') this.reload();
    else this.watched.set(withinWindow(state, WINDOW_MAX + this.olderLoaded));
  }

  receipts(cursors: readonly ReadCursor[]): void {
    if (this.isStale && this.cursors.length < CURSORS_MAX) this.cursors.push(...cursors);
    this.watched.set(applyReceipts(this.state, cursors));
  }

  /** A mark of the viewer's own before the server confirms it. What is shown while the room is fetched may be of a log that is no more. */
  foresee(cursor: ReadCursor): void {
    if (!this.isStale) this.watched.set(applyReceipts(this.state, [cursor]));
  }

  profile(person: Person): void {
    this.watched.set(applyProfile(this.state, person));
  }

  sent(message: Message): void {
    this.watched.set(applySent(this.state, message));
  }

  pending(pending: readonly OutboxEntry[]): void {
    this.watched.set({ ...this.state, pending });
  }

  /** The viewer is out of the room, without an event that said so. */
  lost(): void {
    if (this.state.status === 'ready') this.watched.set({ ...this.state, status: 'left' });
  }

  /** True while there are more. */
  async loadOlder(limit: number): Promise<boolean> {
    const beforeSeq = this.state.messages[0]?.seq;
    if (!this.state.hasMoreBefore || beforeSeq === undefined) return false;
    const { roomId } = this;
    await this.page(
      () => this.ports.connection.command(messageCommands.list, { roomId, beforeSeq, limit }),
      ({ items, hasMoreBefore }, { events }) => {
        this.olderLoaded += items.length;
        const messages = events.reduce((rows, event) => reduceMessages(rows, event, hasMoreBefore), withPage(this.state.messages, items));
        this.watched.set({ ...this.state, messages, hasMoreBefore });
      },
    );
    return this.state.hasMoreBefore;
  }

  /** True while there are more. */
  async loadMembers(): Promise<boolean> {
    const cursor = this.membersCursor;
    if (this.state.hasAllMembers || cursor === null) return false;
    await this.page(
      () => this.ports.connection.command(roomCommands.members, { roomId: this.roomId, limit: MEMBERS_PAGE, cursor }),
      ({ items, nextCursor }, { events }) => {
        const hasAllMembers = nextCursor === null;
        const joined: ReadonlyMap<string, Member> = new Map([
          ...items.map((member) => [member.userId, member] as const),
          ...this.state.members,
        ]);
        const members = events.reduce((map, event) => reduceMembers({ ...this.state, members: map, hasAllMembers }, event), joined);
        this.membersCursor = nextCursor;
        this.watched.set({ ...this.state, members, hasAllMembers });
      },
    );
    return !this.state.hasAllMembers;
  }

  /** Reads a page and joins it; events that came meanwhile are done to its rows too, for it may be older than they are. */
  private async page<T>(read: () => Promise<T>, join: (page: T, journal: Journal) => void): Promise<void> {
    const { generation } = this;
    await this.journals.during(async (journal) => {
      const page = await read();
      if (generation === this.generation && !journal.isFull) join(page, journal);
    });
  }

  private pull(): void {
    if (!this.isStale || this.isLoading || this.isClosed || this.timer !== undefined || this.ports.connection.state !== 'online') return;
    this.isLoading = true;
    void this.load();
  }

  /** Never rejects. */
  private async load(): Promise<void> {
    const { generation } = this;
    try {
      await this.journals.during(async (journal) => {
        const fetched = await fetchRoom(this.ports.connection, this.roomId, this.ports.needsSubscription);
        if (generation === this.generation) this.adopt(fetched, journal); // Else the log started over meanwhile: once more.
      });
      this.failures = 0;
    } catch (error) {
      if (generation === this.generation) this.failed(error);
    } finally {
      this.isLoading = false;
    }
    this.pull();
  }

  private adopt({ membersCursor, isSubscribed, ...fetched }: FetchedRoom, journal: Journal): void {
    const { epoch, pts } = fetched.room;
    this.isSubscribed = isSubscribed;
    this.membersCursor = membersCursor;
    this.olderLoaded = 0;
    this.generation += 1;
    const isInside = this.ports.follow(this.roomId, { epoch, pts }, fetched.room.me ? 'member' : 'reader');
    this.isStale = journal.isFull;
    let state: RoomState = { ...snapshotState({ me: this.ports.me() ?? '', ...fetched }), pending: this.state.pending };
    for (const event of journal.events) {
      const next = applyEvent(state, event);
      if (next.outcome === 'gap') this.isStale = true;
      state = next.state;
    }
    this.watched.set(applyReceipts(state, this.cursors.splice(0)));
    if (!isInside) this.lost();
    this.answer(({ resolve }) => resolve());
  }

  private failed(error: unknown): void {
    const problem = problemFrom(error);
    if (problem.retryable || problem.status === 401) return this.pullLater();
    this.isStale = false;
    this.watched.set({ ...this.state, status: 'failed', problem });
    this.answer(({ reject }) => reject(error));
  }

  private pullLater(): void {
    const { timers } = this.ports;
    const delay = backoffMs(this.failures, timers.random);
    this.failures += 1;
    this.timer = timers.setTimeout(() => {
      this.timer = undefined;
      this.pull();
    }, delay);
  }

  private answer(how: (waiter: Waiter) => void): void {
    for (const waiter of this.waiters.splice(0)) how(waiter);
  }

  private stopTimer(): void {
    if (this.timer !== undefined) this.ports.timers.clearTimeout(this.timer);
    this.timer = undefined;
  }
}
