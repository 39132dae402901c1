import type { Member, Message, Room, RoomEnvelope, RoomSync, User } from '@parley/protocol';

const AT = '2026-01-01T00:00:00.000Z';
const SETTINGS: Room['settings'] = {
  memberCanInvite: true,
  memberCanPost: true,
  joinPolicy: 'closed',
  publicRead: false,
  historyVisibility: 'all',
  muted: false,
};

type Member1 = Extract<RoomEnvelope, { type: `member.${string}` }>['type'];
export type Draft = Pick<Message, 'clientMessageId' | 'text'> & { readonly replyTo?: string };

export const aUser = (id: string): User => ({ id, name: id, metadata: {}, createdAt: AT, updatedAt: AT });

/** What a log says, computed from its beginning in the plainest way. */
interface Contents {
  readonly messages: Message[];
  readonly members: Map<string, Member>;
  name?: string;
  dissolvedAt?: string;
}

/** One room of the in-memory server: a log with positions, from which everything else follows. */
export class FakeRoom {
  readonly log: RoomEnvelope[] = [];
  epoch = 1;
  private readonly cursors = new Map<string, { readSeq: number; deliveredSeq: number }>();
  private ids = 0;

  constructor(readonly id: string) {
    this.append('room.created', (pts) => ({ room: this.info(pts) }));
  }

  get pts(): number {
    return this.log.length;
  }

  contents(): Contents {
    const all: Contents = { messages: [], members: new Map() };
    for (const event of this.log) this.put(all, event);
    for (const [userId, member] of all.members) all.members.set(userId, { ...member, ...this.cursorOf(userId, member) });
    return all;
  }

  private put(all: Contents, event: RoomEnvelope): void {
    if (event.type === 'message.created') all.messages.push(event.data.message);
    if (event.type === 'room.updated') all.name = event.data.room.name;
    if (event.type === 'room.dissolved') all.members.clear();
    if (event.type === 'member.joined' || event.type === 'member.updated') all.members.set(event.data.member.userId, event.data.member);
    if (event.type === 'member.removed' || event.type === 'member.banned') all.members.delete(event.data.member.userId);
    if (event.type !== 'message.deleted') return;
    const tombstone = event.data.message;
    all.messages.forEach((message, at) => (all.messages[at] = message.seq === tombstone.seq ? tombstone : unquoted(message, tombstone.id)));
  }

  private cursorOf(userId: string, member: Member): { readSeq: number; deliveredSeq: number } {
    const { readSeq, deliveredSeq } = this.cursors.get(userId) ?? member;
    return { readSeq, deliveredSeq: Math.max(readSeq, deliveredSeq) };
  }

  /** By time of joining; the cursor is the position of the last one's joining. */
  membersAfter(cursor: number, limit: number): { readonly items: readonly Member[]; readonly nextCursor: string | null } {
    const joined = new Map<string, number>();
    for (const event of this.log) if (event.type === 'member.joined') joined.set(event.data.member.userId, event.pts);
    const at = ({ userId }: Member): number => joined.get(userId) ?? 0;
    const rest = [...this.contents().members.values()].filter((member) => at(member) > cursor).sort((a, b) => at(a) - at(b));
    const items = rest.slice(0, limit);
    const last = items.at(-1);
    return { items, nextCursor: last && rest.length > limit ? String(at(last)) : null };
  }

  has(userId: string): boolean {
    return this.contents().members.has(userId);
  }

  join(userId: string): RoomEnvelope {
    const lastSeq = this.contents().messages.length;
    this.cursors.set(userId, { readSeq: lastSeq, deliveredSeq: lastSeq });
    return this.member('member.joined', userId, 1);
  }

  remove(userId: string): RoomEnvelope {
    return this.member('member.removed', userId, -1);
  }

  ban(userId: string): RoomEnvelope {
    return this.member('member.banned', userId, this.has(userId) ? -1 : 0);
  }

  setName(userId: string, name: string): RoomEnvelope {
    return this.member('member.updated', userId, 0, name);
  }

  rename(name: string): RoomEnvelope {
    return this.append('room.updated', (pts) => ({ room: { ...this.info(pts), name } }));
  }

  private member(type: Member1, userId: string, change: number, name?: string): RoomEnvelope {
    const { members } = this.contents();
    const cursor = this.cursors.get(userId) ?? { readSeq: 0, deliveredSeq: 0 };
    const before = members.get(userId);
    const joinedAt = before?.joinedAt ?? AT;
    const member: Member = {
      roomId: this.id,
      userId,
      user: { name: userId },
      role: 'member',
      name: name ?? before?.name,
      joinedAt,
      ...cursor,
    };
    return this.append(type, () => ({ member, memberCount: members.size + change }));
  }

  say(userId: string, draft: Draft): Message {
    const { messages } = this.contents();
    const known = messages.find((message) => message.sender.id === userId && message.clientMessageId === draft.clientMessageId);
    if (known) return known;
    const seq = messages.length + 1;
    const quoted = messages.find(({ id }) => id === draft.replyTo);
    const event = this.append('message.created', (pts) => ({ message: this.message(userId, draft, { seq, pts }, quoted) }), seq);
    this.mark(userId, seq, seq);
    if (event.type !== 'message.created') throw new Error('unreachable');
    return event.data.message;
  }

  private message(userId: string, draft: Draft, at: { seq: number; pts: number }, quoted?: Message): Message {
    const replyTo = quoted && {
      messageId: quoted.id,
      seq: quoted.seq,
      sender: quoted.sender,
      text: quoted.text,
      deleted: quoted.deleted !== undefined,
    };
    const { clientMessageId, text } = draft;
    const id = `${this.id}-${this.epoch}-${at.seq}`;
    const rest = { attachments: [], mentions: [], metadata: {}, reactions: [], createdAt: AT };
    return { id, roomId: this.id, ...at, type: 'text', sender: { id: userId, name: userId }, clientMessageId, text, replyTo, ...rest };
  }

  delete(seq: number): Message | undefined {
    const message = this.contents().messages[seq - 1];
    if (!message || message.deleted) return message;
    const tombstone: Message = { ...message, text: undefined, replyTo: undefined, deleted: { at: AT, by: 'mod' } };
    this.append('message.deleted', () => ({ message: tombstone }), seq);
    return tombstone;
  }

  mark(userId: string, readSeq: number, deliveredSeq: number): void {
    const before = this.cursors.get(userId) ?? { readSeq: 0, deliveredSeq: 0 };
    this.cursors.set(userId, {
      readSeq: Math.max(before.readSeq, readSeq),
      deliveredSeq: Math.max(before.deliveredSeq, deliveredSeq, readSeq),
    });
  }

  /** As after a restore: the last messages never happened, and the epoch says so. */
  loseTail(count: number): void {
    for (let lost = 0; lost < count && this.log.at(-1)?.type.startsWith('message.'); lost += 1) this.log.pop();
    this.epoch += 1;
    const lastSeq = this.contents().messages.length;
    for (const [userId, { readSeq, deliveredSeq }] of this.cursors) {
      this.cursors.set(userId, { readSeq: Math.min(readSeq, lastSeq), deliveredSeq: Math.min(deliveredSeq, lastSeq) });
    }
  }

  sync(afterPts: number, epoch: number | undefined, limit: number): RoomSync {
    const roomId = this.id;
    const isOther = (epoch !== undefined && epoch !== this.epoch) || afterPts > this.pts;
    if (isOther) return { roomId, reset: true, epoch: this.epoch, pts: this.pts };
    const events = this.log.slice(afterPts, afterPts + limit).map((event) => this.asToday(event));
    const pts = afterPts + events.length;
    const { members } = this.contents();
    const cursors = [...members.values()].map(({ userId, readSeq, deliveredSeq }) => ({ userId, readSeq, deliveredSeq }));
    return { roomId, epoch: this.epoch, events, pts, complete: pts === this.pts, receipts: { cursors, memberCount: members.size } };
  }

  /** Deleted content is gone at its first position too. */
  private asToday(event: RoomEnvelope): RoomEnvelope {
    if (event.type !== 'message.created') return event;
    const message = this.contents().messages[event.data.message.seq - 1];
    return message ? { ...event, data: { message } } : event;
  }

  view(userId: string): Room {
    const { members, messages } = this.contents();
    const me = members.get(userId);
    const { readSeq, deliveredSeq } = me ?? { readSeq: 0, deliveredSeq: 0 };
    const unread = Math.max(0, messages.length - readSeq);
    const settings = {
      unreadMentions: 0,
      markedUnread: false,
      notifications: { level: 'all' as const },
      pinned: false,
      archived: false,
      hidden: false,
    };
    const own = me && { role: me.role, capabilities: ['message.send', 'member.add'], readSeq, deliveredSeq, unread, ...settings };
    return { ...this.info(this.pts), epoch: this.epoch, me: own, lastMessage: messages.at(-1) };
  }

  private info(pts: number): Room {
    const { members, messages, name } = this.contents();
    const counts = { memberCount: members.size, lastSeq: messages.length };
    return { id: this.id, epoch: this.epoch, kind: 'group', name, metadata: {}, settings: SETTINGS, ...counts, pts, createdAt: AT };
  }

  private append(type: RoomEnvelope['type'], data: (pts: number) => unknown, seq?: number): RoomEnvelope {
    const pts = this.log.length + 1;
    this.ids += 1;
    const event = {
      id: `${this.id}/${this.ids}`,
      type,
      tenantId: 't',
      roomId: this.id,
      epoch: this.epoch,
      pts,
      seq,
      at: AT,
      data: data(pts),
    };
    this.log.push(event as RoomEnvelope);
    return event as RoomEnvelope;
  }
}

function unquoted(message: Message, id: string): Message {
  if (message.replyTo?.messageId !== id) return message;
  return { ...message, replyTo: { ...message.replyTo, text: undefined, deleted: true } };
}
