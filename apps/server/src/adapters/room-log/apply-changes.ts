import {
  DomainError,
  notFound,
  StaleFacts,
  type ActorRef,
  type ChangeEntry,
  type JsonObject,
  type Member,
  type NewRoom,
  type RoomChange,
  type RoomKey,
  type RoomProfile,
} from '@parley/domain';
import { isUniqueViolation } from '../postgres/postgres.js';
import {
  draftHash,
  fromActor,
  MEMBER_COLUMNS,
  MEMBER_USER,
  ROOM_COLUMNS,
  ROOM_TABLES,
  toMember,
  type MemberRow,
  type RoomRow,
} from '../postgres/rows.js';
import type { Run } from '../postgres/side-effects.js';
import { EVENT_CODES, type StoredMemberData, type StoredRoomData } from './event-rows.js';

/** An event to be written, with the room as it is right after it. */
export interface PendingRow {
  readonly pts: number;
  readonly type: number;
  readonly subjectNo: number | null;
  readonly data: JsonObject;
}

type MemberChangeOf = Extract<RoomChange, { userNo: number }>;

/**
 * Applies a room's changes in order, inside one transaction that holds the room's head locked, and gathers the events.
 * State and log cannot part: each event's data is read from the state right after its own effect.
 */
export class ChangeSet {
  readonly rows: PendingRow[] = [];
  /** Who came in: one who was inside already is told nothing. */
  readonly joined = new Set<number>();
  /** Who was inside when the room was dissolved. */
  dissolvedMembers: number[] = [];
  private raised = 0;

  private constructor(
    private readonly run: Run,
    private readonly key: RoomKey,
    private readonly by: ActorRef,
    private room: RoomRow,
  ) {}

  static async open(run: Run, entry: ChangeEntry): Promise<ChangeSet> {
    const [first] = entry.changes;
    if (first?.type === 'room.created') await createRoom(run, entry.room.tenantId, first.room, entry.by);
    const [locked] = await run<{ version: number }>('SELECT version FROM room_heads WHERE tenant_id = $1 AND room_no = $2 FOR UPDATE', [
      entry.room.tenantId,
      entry.room.roomNo,
    ]);
    if (!locked) throw notFound();
    if (entry.roomVersion !== undefined && locked.version !== entry.roomVersion) throw new StaleFacts();
    const [room] = await run<RoomRow>(`SELECT ${ROOM_COLUMNS} FROM ${ROOM_TABLES} WHERE r.tenant_id = $1 AND r.no = $2`, [
      entry.room.tenantId,
      entry.room.roomNo,
    ]);
    if (!room) throw notFound();
    return new ChangeSet(run, entry.room, entry.by, room);
  }

  /** The room after all changes. */
  get state(): RoomRow {
    return this.room;
  }

  /** The log lost its tail: what comes now is not what was told at these positions before. */
  async raiseEpoch(): Promise<void> {
    await this.run('UPDATE room_heads SET epoch = epoch + 1 WHERE tenant_id = $1 AND room_no = $2', this.keys);
    this.room = { ...this.room, epoch: this.room.epoch + 1 };
  }

  async apply(changes: readonly RoomChange[]): Promise<void> {
    for (let at = 0; at < changes.length; at += 1) {
      const change = changes[at];
      if (change?.type !== 'member.joined') {
        if (change) await this.applyOne(change);
        continue;
      }
      const joins = [change];
      for (let next = changes[at + 1]; next?.type === 'member.joined'; next = changes[at + 1]) {
        joins.push(next);
        at += 1;
      }
      await this.join(joins);
    }
    await this.run(
      `UPDATE room_heads SET pts = $3, version = version + $4, member_count = $5, last_at = now(), active_at = date_trunc('minute', now()) WHERE tenant_id = $1 AND room_no = $2`,
      [...this.keys, this.room.pts, this.raised, this.room.member_count],
    );
    this.room = { ...this.room, version: this.room.version + this.raised };
  }

  private get keys(): [string, number] {
    return [this.key.tenantId, this.key.roomNo];
  }

  private async applyOne(change: Exclude<RoomChange, { type: 'member.joined' }>): Promise<void> {
    switch (change.type) {
      case 'room.created':
        return this.noteRoom('room.created');
      case 'room.updated':
        this.raised += 1;
        await this.updateRoom(change.patch);
        return this.noteRoom('room.updated');
      case 'room.dissolved':
        this.raised += 1;
        await this.dissolve();
        return this.noteRoom('room.dissolved');
      case 'message.deleted':
        return this.deleteMessage(change.messageId, change.reason);
      default:
        return this.applyToMember(change);
    }
  }

  private async applyToMember(change: Exclude<MemberChangeOf, { type: 'member.joined' }>): Promise<void> {
    const before = await this.member(change.userNo);
    switch (change.type) {
      case 'member.left':
      case 'member.removed':
        if (before?.status !== 'member') throw new StaleFacts();
        await this.endMembership(change.userNo, change.type === 'member.left' ? 'left' : 'removed');
        break;
      case 'member.updated':
        if (before?.status !== 'member') throw new StaleFacts();
        await this.setMember(change.userNo, {
          role: change.patch.role ?? before.role,
          name: change.patch.name === undefined ? (before.name ?? null) : change.patch.name,
          muted_until: before.mutedUntil ?? null,
        });
        break;
      case 'member.muted':
      case 'member.unmuted':
        if (before?.status !== 'member') throw new StaleFacts();
        await this.setMember(change.userNo, {
          role: before.role,
          name: before.name ?? null,
          muted_until: change.type === 'member.muted' ? change.until : null,
        });
        break;
      case 'member.banned':
        await this.ban(change, before);
        break;
      case 'member.unbanned':
        await this.unban(change.userNo);
        break;
      default:
        return change satisfies never;
    }
    if (change.type !== 'member.unmuted' && change.type !== 'member.unbanned') this.raised += 1;
    await this.noteMember(change);
  }

  private async join(joins: readonly Extract<RoomChange, { type: 'member.joined' }>[]): Promise<void> {
    const present = await this.run<{ user_no: number }>(
      `SELECT user_no FROM members WHERE tenant_id = $1 AND room_no = $2 AND user_no = ANY($3::bigint[]) AND status = 'member'`,
      [...this.keys, joins.map(({ userNo }) => userNo)],
    );
    const inside = new Set(present.map(({ user_no }) => user_no));
    const coming = joins.filter(({ userNo }) => !inside.has(userNo));
    if (coming.length === 0) return;
    const { maxMembers } = this.room.settings;
    if (maxMembers !== undefined && this.room.member_count + coming.length > maxMembers)
      throw new DomainError('room-full', { detail: `at most ${maxMembers} members` });
    if (this.room.dissolved_at) throw new DomainError('conflict', { detail: 'the room is dissolved' });
    const firstPts = this.room.pts + 1;
    const rows = await this.run<MemberRow>(
      `WITH j AS (SELECT * FROM unnest($3::bigint[], $4::text[], $5::boolean[]) WITH ORDINALITY AS j(user_no, role, is_hidden, ord)),
       put AS (
         INSERT INTO members AS m (tenant_id, room_no, user_no, role, status, joined_at, joined_pts, joined_seq, read_seq, delivered_seq, hidden_seq)
         SELECT $1, $2, j.user_no, j.role, 'member', now(), $6::bigint + j.ord - 1, $7, $7, $7, CASE WHEN j.is_hidden THEN $7::bigint END FROM j ORDER BY j.user_no
         ON CONFLICT (tenant_id, room_no, user_no) DO UPDATE SET role = excluded.role, status = 'member', name = NULL, joined_at = excluded.joined_at, joined_pts = excluded.joined_pts,
           joined_seq = excluded.joined_seq, read_seq = excluded.read_seq, delivered_seq = excluded.delivered_seq, marked_unread = false, hidden_seq = excluded.hidden_seq, archived_seq = NULL
         RETURNING m.*
       ) SELECT ${MEMBER_COLUMNS} FROM put m JOIN ${MEMBER_USER} ORDER BY m.joined_pts`,
      [
        ...this.keys,
        coming.map(({ userNo }) => userNo),
        coming.map(({ role }) => role),
        coming.map(({ isHidden }) => isHidden ?? false),
        firstPts,
        this.room.last_seq,
      ],
    );
    for (const row of rows) {
      this.room = { ...this.room, member_count: this.room.member_count + 1 };
      const member = toMember(row, this.room.id);
      if (!member) continue;
      this.joined.add(member.user.no);
      this.note('member.joined', member.user.no, { ...this.memberData(member) });
    }
  }

  private async updateRoom(patch: RoomProfile): Promise<void> {
    const { room } = this;
    const next = {
      name: patch.name === undefined ? room.name : patch.name,
      image: patch.image === undefined ? room.image : patch.image,
      metadata: patch.metadata ?? room.metadata,
      settings: { ...room.settings, ...patch.settings },
    };
    await this.run('UPDATE rooms SET name = $3, image = $4, metadata = $5, settings = $6 WHERE tenant_id = $1 AND no = $2', [
      ...this.keys,
      next.name,
      next.image,
      JSON.stringify(next.metadata),
      JSON.stringify(next.settings),
    ]);
    this.room = { ...room, ...next };
  }

  private async dissolve(): Promise<void> {
    if (this.room.dissolved_at) throw new DomainError('conflict', { detail: 'the room is dissolved already' });
    const [dissolved] = await this.run<{ at: Date }>(
      'UPDATE rooms SET dissolved_at = now() WHERE tenant_id = $1 AND no = $2 RETURNING dissolved_at AS at',
      this.keys,
    );
    const gone = await this.run<{ user_no: number }>(
      `UPDATE members SET status = 'removed' WHERE tenant_id = $1 AND room_no = $2 AND status = 'member' RETURNING user_no`,
      this.keys,
    );
    this.dissolvedMembers = gone.map(({ user_no }) => user_no);
    this.room = { ...this.room, dissolved_at: dissolved?.at ?? new Date(), member_count: 0 };
  }

  private async deleteMessage(messageId: string, reason: string | undefined): Promise<void> {
    const by = fromActor(this.by);
    const [row] = await this.run<{ seq: number }>(
      `UPDATE room_log SET body = NULL, data = NULL, deleted = jsonb_build_object('at', now(), 'actor_kind', $4::int, 'actor_no', $5::bigint, 'actor_id', $6::text, 'reason', $7::text)
       WHERE tenant_id = $1 AND room_no = $2 AND id = $3 AND type = ${EVENT_CODES['message.created']} AND deleted IS NULL RETURNING seq`,
      [...this.keys, messageId, by.actor_kind, by.actor_no, by.actor_id, reason ?? null],
    );
    if (!row) return;
    await this.run('DELETE FROM mentions WHERE tenant_id = $1 AND room_no = $2 AND seq = $3', [...this.keys, row.seq]);
    this.note('message.deleted', null, { messageSeq: row.seq });
  }

  private async ban(change: Extract<RoomChange, { type: 'member.banned' }>, before: Member | undefined): Promise<void> {
    const by = fromActor(this.by);
    await this.run(`UPDATE bans SET lifted_at = now() WHERE tenant_id = $1 AND room_no = $2 AND user_no = $3 AND lifted_at IS NULL`, [
      ...this.keys,
      change.userNo,
    ]);
    await this.run(
      `INSERT INTO bans (tenant_id, room_no, user_no, id, reason, expires_at, actor_kind, actor_no, actor_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [...this.keys, change.userNo, change.banId, change.reason ?? null, change.expiresAt ?? null, by.actor_kind, by.actor_no, by.actor_id],
    );
    if (before) return this.endMembership(change.userNo, 'banned', before.status === 'member');
    await this.run(
      `INSERT INTO members (tenant_id, room_no, user_no, status, joined_pts, joined_seq, read_seq, delivered_seq) VALUES ($1, $2, $3, 'banned', $4, $5, $5, $5)`,
      [...this.keys, change.userNo, this.room.pts + 1, this.room.last_seq],
    );
  }

  private async unban(userNo: number): Promise<void> {
    const lifted = await this.run<{ id: string }>(
      `UPDATE bans SET lifted_at = now() WHERE tenant_id = $1 AND room_no = $2 AND user_no = $3 AND lifted_at IS NULL RETURNING id`,
      [...this.keys, userNo],
    );
    if (lifted.length === 0) throw notFound();
    await this.run(`UPDATE members SET status = 'removed' WHERE tenant_id = $1 AND room_no = $2 AND user_no = $3 AND status = 'banned'`, [
      ...this.keys,
      userNo,
    ]);
  }

  private async endMembership(userNo: number, status: 'left' | 'removed' | 'banned', wasInside = true): Promise<void> {
    await this.run(`UPDATE members SET status = $4, role = 'member' WHERE tenant_id = $1 AND room_no = $2 AND user_no = $3`, [
      ...this.keys,
      userNo,
      status,
    ]);
    if (wasInside) this.room = { ...this.room, member_count: this.room.member_count - 1 };
  }

  private async setMember(userNo: number, next: { role: string; name: string | null; muted_until: Date | null }): Promise<void> {
    await this.run('UPDATE members SET role = $4, name = $5, muted_until = $6 WHERE tenant_id = $1 AND room_no = $2 AND user_no = $3', [
      ...this.keys,
      userNo,
      next.role,
      next.name,
      next.muted_until,
    ]);
  }

  private async member(userNo: number): Promise<Member | undefined> {
    const [row] = await this.run<MemberRow>(
      `SELECT ${MEMBER_COLUMNS} FROM members m JOIN ${MEMBER_USER} WHERE m.tenant_id = $1 AND m.room_no = $2 AND m.user_no = $3`,
      [...this.keys, userNo],
    );
    return row && toMember(row, this.room.id);
  }

  private async noteMember(change: Exclude<MemberChangeOf, { type: 'member.joined' }>): Promise<void> {
    const member = await this.member(change.userNo);
    if (!member) throw new StaleFacts();
    const reason = 'reason' in change ? change.reason : undefined;
    const until = change.type === 'member.muted' ? change.until : change.type === 'member.banned' ? change.expiresAt : undefined;
    this.note(change.type, change.userNo, {
      ...this.memberData(member),
      ...(reason === undefined ? {} : { reason }),
      ...(until === undefined ? {} : { expiresAt: until.toISOString() }),
    });
  }

  private memberData(member: Member): StoredMemberData {
    const { role, status, name, joinedAt, joinedPts, joinedSeq, mutedUntil, readSeq, deliveredSeq } = member;
    return {
      role,
      status,
      name: name ?? null,
      joinedAt: joinedAt.toISOString(),
      joinedPts,
      joinedSeq,
      mutedUntil: mutedUntil?.toISOString() ?? null,
      readSeq,
      deliveredSeq,
      memberCount: this.room.member_count,
    };
  }

  private noteRoom(type: 'room.created' | 'room.updated' | 'room.dissolved'): void {
    const { name, image, metadata, settings, member_count, last_seq, dissolved_at } = this.room;
    const data: StoredRoomData = {
      name,
      image,
      metadata,
      settings,
      memberCount: member_count,
      lastSeq: last_seq,
      dissolvedAt: dissolved_at?.toISOString() ?? null,
    };
    this.note(type, null, { ...data } as unknown as JsonObject);
  }

  private note(type: keyof typeof EVENT_CODES, subjectNo: number | null, data: object): void {
    const pts = this.room.pts + 1;
    this.room = { ...this.room, pts };
    this.rows.push({ pts, type: EVENT_CODES[type], subjectNo, data: data as JsonObject });
  }
}

/** A room with this id or pair may have been created a moment ago by somebody else: then the decision is made anew. */
async function createRoom(run: Run, tenantId: string, room: NewRoom, by: ActorRef): Promise<void> {
  const { no, id, kind, name, image, metadata, settings, pair, draft } = room;
  try {
    await run(
      `INSERT INTO rooms (tenant_id, no, id, kind, name, image, metadata, settings, pair_low, pair_high, draft_hash, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        tenantId,
        no,
        id,
        kind,
        name ?? null,
        image ?? null,
        JSON.stringify(metadata),
        JSON.stringify(settings),
        pair?.[0] ?? null,
        pair?.[1] ?? null,
        draft === undefined ? null : draftHash(draft),
        by.kind === 'user' ? by.user.no : null,
      ],
    );
  } catch (error) {
    throw isUniqueViolation(error) ? new StaleFacts() : error;
  }
  await run('INSERT INTO room_heads (tenant_id, room_no) VALUES ($1, $2)', [tenantId, no]);
}
