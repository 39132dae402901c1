import type { Message, RoomEnvelope, RoomHead, SessionReady, SyncAnswer, UserEnvelope } from '@parley/protocol';
import { localProblem, ParleyError } from '../http.js';
import { aUser, FakeRoom } from './fake-room.js';

type Input = Record<string, unknown>;
type Resume = { readonly userPts?: number; readonly rooms?: Readonly<Record<string, number>> } | undefined;

/** Whoever is told of events as they happen. */
export interface FakeListener {
  readonly userId: string;
  room(event: RoomEnvelope): void;
  user(event: UserEnvelope): void;
}

/** Few, so that differences come in several slices. */
const SLICE = 5;
const MESSAGES_PAGE = 3;
const MEMBERS_PAGE = 2;

export const refusal = (code: string, status: number, retryable = false): ParleyError =>
  new ParleyError({ ...localProblem(code, code), status, retryable });

const READY = { serverTime: '2026-01-01T00:00:00.000Z', features: [], unreadTotal: 0, more: false };

/** A chat server in memory: rooms with logs, users with logs, the commands the SDK uses. */
export class FakeServer {
  readonly rooms = new Map<string, FakeRoom>();
  readonly userLogs = new Map<string, UserEnvelope[]>();
  readonly listeners = new Set<FakeListener>();
  /** Refusals for the next sends, first one first. */
  readonly refusals: ParleyError[] = [];
  /** Ids by text, also of what was deleted since. */
  readonly everSaid = new Map<string, string[]>();

  constructor(private readonly replays: () => boolean = () => true) {}

  open(roomId: string, members: readonly string[]): FakeRoom {
    const room = new FakeRoom(roomId);
    this.rooms.set(roomId, room);
    for (const userId of members) this.enter(room, userId);
    return room;
  }

  room(roomId: string): FakeRoom {
    const room = this.rooms.get(roomId);
    if (!room) throw refusal('not-found', 404);
    return room;
  }

  /** Tells what was appended since `pts` to whoever is inside, leavers included. */
  change(room: FakeRoom, how: () => unknown): void {
    const inside = new Set(room.contents().members.keys());
    const from = room.pts;
    how();
    for (const userId of room.contents().members.keys()) inside.add(userId);
    for (const event of room.log.slice(from)) for (const listener of this.listeners) if (inside.has(listener.userId)) listener.room(event);
  }

  enter(room: FakeRoom, userId: string): void {
    if (room.has(userId)) return;
    this.change(room, () => {
      room.join(userId);
      this.tell(userId, 'room.entered', room);
    });
  }

  expel(room: FakeRoom, userId: string): void {
    if (!room.has(userId)) return;
    this.change(room, () => {
      room.remove(userId);
      this.tell(userId, 'room.exited', room);
    });
  }

  private tell(userId: string, type: 'room.entered' | 'room.exited', room: FakeRoom): void {
    const log = this.userLog(userId);
    const at = '2026-01-01T00:00:00.000Z';
    const { me: _me, lastMessage: _last, ...info } = room.view(userId);
    const entry = { id: `${userId}/${log.length + 1}`, tenantId: 't', userPts: log.length + 1, roomId: room.id, at };
    const event: UserEnvelope =
      type === 'room.entered'
        ? { ...entry, type, data: { room: info, afterPts: room.pts - 1 } } // It has come in a moment ago.
        : { ...entry, type, data: { room: info } };
    log.push(event);
    for (const listener of this.listeners) if (listener.userId === userId) listener.user(event);
  }

  userLog(userId: string): UserEnvelope[] {
    const log = this.userLogs.get(userId) ?? [];
    this.userLogs.set(userId, log);
    return log;
  }

  /** What a new connection is told before live events. */
  welcome(userId: string, resume: Resume): { readonly missed: readonly (RoomEnvelope | UserEnvelope)[]; readonly ready: SessionReady } {
    const missed: (RoomEnvelope | UserEnvelope)[] = [];
    const log = this.userLog(userId);
    const incomplete = new Set<string>();
    if (resume?.userPts !== undefined && this.replays()) missed.push(...log.slice(resume.userPts));
    for (const room of this.joined(userId)) {
      const afterPts = resume?.rooms?.[room.id];
      if (afterPts === undefined) continue;
      if (this.replays()) missed.push(...room.log.slice(afterPts, afterPts + SLICE));
      if (!this.replays() || room.pts > afterPts + SLICE) incomplete.add(room.id);
    }
    const rooms = this.joined(userId).map((room) => {
      const { epoch, pts, lastSeq, me } = room.view(userId);
      return {
        roomId: room.id,
        epoch,
        pts,
        lastSeq,
        readSeq: me?.readSeq ?? 0,
        unread: me?.unread ?? 0,
        complete: !incomplete.has(room.id),
      };
    });
    return { missed, ready: { ...READY, user: aUser(userId), userPts: log.length, rooms } };
  }

  private joined(userId: string): readonly FakeRoom[] {
    return [...this.rooms.values()].filter((room) => room.has(userId));
  }

  beacon(userId: string): RoomHead {
    const heads = this.joined(userId).map(({ id, epoch, pts }) => ({ roomId: id, epoch, pts }));
    return { heads, userPts: this.userLog(userId).length };
  }

  handle(userId: string, command: string, input: Input): unknown {
    if (command === 'sync') return this.sync(userId, input);
    if (command === 'room.list') return { items: this.joined(userId).map((room) => room.view(userId)), nextCursor: null };
    const earlier = command === 'message.send' ? this.earlier(input) : undefined;
    if (earlier) return { message: earlier, deduplicated: true };
    const room = this.readable(userId, String(input['roomId']));
    switch (command) {
      case 'room.get':
        return { room: room.view(userId) };
      case 'message.list':
        return this.page(room, input);
      case 'member.list':
        return room.membersAfter(Number(input['cursor'] ?? 0), MEMBERS_PAGE);
      case 'message.send':
        return { message: this.send(room, userId, input), deduplicated: false };
      case 'receipt.mark':
        room.mark(userId, input['kind'] === 'read' ? Number(input['seq']) : 0, Number(input['seq']));
        return room.contents().members.get(userId);
      default:
        throw refusal('not-found', 404);
    }
  }

  /** A repeat is answered whatever came after (G2). */
  private earlier({ roomId, clientMessageId }: Input): Message | undefined {
    const { messages } = this.room(String(roomId)).contents();
    return messages.find((message) => message.clientMessageId === clientMessageId);
  }

  private readable(userId: string, roomId: string): FakeRoom {
    const room = this.room(roomId);
    if (!room.has(userId)) throw refusal('not-a-member', 403);
    return room;
  }

  private page(room: FakeRoom, { limit, beforeSeq }: Input): { items: Message[]; hasMoreBefore: boolean; hasMoreAfter: boolean } {
    const { messages } = room.contents();
    const before = messages.filter(({ seq }) => beforeSeq === undefined || seq < Number(beforeSeq));
    const items = before.slice(-Math.min(Number(limit), MESSAGES_PAGE));
    return { items, hasMoreBefore: items.length < before.length, hasMoreAfter: before.length < messages.length };
  }

  private send(room: FakeRoom, userId: string, { clientMessageId, text, replyTo }: Input): Message {
    const refused = this.refusals.shift();
    if (refused) throw refused;
    this.change(room, () => room.say(userId, { clientMessageId: String(clientMessageId), text: String(text), replyTo: replyTo as string }));
    const message = room.contents().messages.at(-1);
    if (!message) throw refusal('internal', 500);
    this.everSaid.set(String(text), [...(this.everSaid.get(String(text)) ?? []), message.id]);
    return message;
  }

  private sync(userId: string, input: Input): SyncAnswer {
    const { userPts, rooms } = input as { userPts?: number; rooms: { roomId: string; epoch?: number; afterPts: number }[] };
    const log = this.userLog(userId);
    const events = userPts === undefined ? [] : log.slice(userPts, userPts + SLICE);
    const pts = Math.min(userPts ?? 0, log.length) + events.length;
    const user = userPts === undefined ? {} : { user: { events, pts, complete: pts === log.length } };
    return { ...user, rooms: rooms.map(({ roomId, epoch, afterPts }) => this.slice(userId, roomId, afterPts, epoch)) };
  }

  private slice(userId: string, roomId: string, afterPts: number, epoch?: number): SyncAnswer['rooms'][number] {
    const room = this.rooms.get(roomId);
    if (!room?.has(userId)) return { roomId, error: refusal('not-a-member', 403).problem };
    return room.sync(afterPts, epoch, SLICE);
  }
}
