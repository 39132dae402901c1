import {
  DomainError,
  notFound,
  UserLog,
  type Ban,
  type Person,
  type Random,
  type RoomInfo,
  type UserEntry,
  type UserEvent,
  type UserKey,
  type UserSlice,
} from '@parley/domain';
import type { Postgres } from '../postgres/postgres.js';
import {
  BAN_COLUMNS,
  BAN_JOINS,
  fromActor,
  ROOM_COLUMNS,
  ROOM_TABLES,
  toBan,
  toPerson,
  toRoomInfo,
  type BanRow,
  type RoomRow,
  type UserRow,
} from '../postgres/rows.js';
import { saveRemembered, writeAudit, type Run } from '../postgres/side-effects.js';
import { toUserEvent, writeUserEvents, type UserContext, type UserLogRow } from './user-events.js';

const AFTER = `SELECT pts, id, type, at, actor_kind, actor_no, actor_id, room_no, data FROM user_log WHERE tenant_id = $1 AND user_no = $2 AND pts > $3 ORDER BY pts LIMIT $4`;
const HEAD = `SELECT user_pts FROM users WHERE tenant_id = $1 AND no = $2`;

/** The user log in PostgreSQL: each change is one transaction. */
export class PostgresUserLog extends UserLog {
  constructor(
    private readonly postgres: Postgres,
    private readonly random: Random,
  ) {
    super();
  }

  override async change(entry: UserEntry): Promise<UserEvent> {
    const { tenantId, userNo } = entry.user;
    return this.postgres.tenant(tenantId, async (client) => {
      const run: Run = async (text, values) => (await client.query(text, [...values])).rows;
      const [raised] = await run('UPDATE users SET version = version + 1 WHERE tenant_id = $1 AND no = $2 RETURNING no', [
        tenantId,
        userNo,
      ]);
      if (!raised) throw notFound();
      const banId = entry.change.type === 'user.banned' ? await this.ban(run, entry) : await this.lift(run, entry.user);
      const event = { id: this.random.uuid(), userNo, type: entry.change.type, data: { banId } };
      const [written] = await writeUserEvents(run, tenantId, entry.by, [event]);
      if (entry.audit) await writeAudit(run, tenantId, entry.audit);
      if (entry.remember) await saveRemembered(run, tenantId, entry.remember);
      const ban = (await bansOf(run, tenantId, [banId])).get(banId);
      if (!written || !ban) throw new Error('a user event was not written');
      return {
        id: event.id,
        type: entry.change.type,
        tenantId,
        userNo,
        userPts: written.pts,
        at: written.at,
        actor: entry.by,
        data: { ban },
      };
    });
  }

  private async ban(run: Run, { user, by, change }: UserEntry): Promise<string> {
    if (change.type !== 'user.banned') throw new Error('not a ban');
    const actor = fromActor(by);
    await run('UPDATE bans SET lifted_at = now() WHERE tenant_id = $1 AND user_no = $2 AND room_no = 0 AND lifted_at IS NULL', [
      user.tenantId,
      user.userNo,
    ]);
    await run(
      `INSERT INTO bans (tenant_id, user_no, id, reason, expires_at, actor_kind, actor_no, actor_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        user.tenantId,
        user.userNo,
        change.banId,
        change.reason ?? null,
        change.expiresAt ?? null,
        actor.actor_kind,
        actor.actor_no,
        actor.actor_id,
      ],
    );
    return change.banId;
  }

  private async lift(run: Run, { tenantId, userNo }: UserKey): Promise<string> {
    const [lifted] = await run<{ id: string }>(
      'UPDATE bans SET lifted_at = now() WHERE tenant_id = $1 AND user_no = $2 AND room_no = 0 AND lifted_at IS NULL RETURNING id',
      [tenantId, userNo],
    );
    if (!lifted) throw new DomainError('conflict', { detail: 'the user is not banned' });
    return lifted.id;
  }

  /** The head is read first, so that it never promises more than the entries hold. */
  override async after(key: UserKey, afterPts: number, limit: number): Promise<UserSlice> {
    const [head] = await this.postgres.log<{ user_pts: number }>('user-log-head', HEAD, [key.tenantId, key.userNo]);
    if (!head || afterPts >= head.user_pts) return { events: [], pts: head?.user_pts ?? 0 };
    return this.postgres.tenant(key.tenantId, async (client) => {
      const run: Run = async (text, values) => (await client.query(text, [...values])).rows;
      const rows = await run<UserLogRow>(AFTER, [key.tenantId, key.userNo, afterPts, limit]);
      const context = await contextOf(run, key, rows);
      return { events: rows.flatMap((row) => toUserEvent(row, key, context) ?? []), pts: head.user_pts };
    });
  }
}

async function contextOf(run: Run, { tenantId }: UserKey, rows: readonly UserLogRow[]): Promise<UserContext> {
  const roomNos = rows.flatMap(({ room_no }) => room_no ?? []);
  const banIds = rows.flatMap(({ data }) => data?.banId ?? []);
  const actors = rows.flatMap(({ actor_no }) => actor_no ?? []);
  return {
    rooms: await roomsOf(run, tenantId, roomNos),
    bans: await bansOf(run, tenantId, banIds),
    people: await peopleOf(run, tenantId, actors),
  };
}

async function roomsOf(run: Run, tenantId: string, numbers: readonly number[]): Promise<ReadonlyMap<number, RoomInfo>> {
  if (numbers.length === 0) return new Map();
  const rows = await run<RoomRow>(`SELECT ${ROOM_COLUMNS} FROM ${ROOM_TABLES} WHERE r.tenant_id = $1 AND r.no = ANY($2::bigint[])`, [
    tenantId,
    numbers,
  ]);
  return new Map(rows.map((row) => [row.no, toRoomInfo(row)]));
}

async function bansOf(run: Run, tenantId: string, ids: readonly string[]): Promise<ReadonlyMap<string, Ban>> {
  if (ids.length === 0) return new Map();
  const rows = await run<BanRow>(`SELECT ${BAN_COLUMNS} FROM bans b ${BAN_JOINS} WHERE b.tenant_id = $1 AND b.id = ANY($2::uuid[])`, [
    tenantId,
    ids,
  ]);
  return new Map(
    rows.flatMap((row) => {
      const ban = toBan(row);
      return ban ? [[ban.id, ban] as const] : [];
    }),
  );
}

async function peopleOf(run: Run, tenantId: string, numbers: readonly number[]): Promise<ReadonlyMap<number, Person>> {
  if (numbers.length === 0) return new Map();
  const rows = await run<UserRow>('SELECT no, id, name, image FROM users WHERE tenant_id = $1 AND no = ANY($2::bigint[])', [
    tenantId,
    numbers,
  ]);
  return new Map(rows.map((row) => [row.no, toPerson(row)]));
}
