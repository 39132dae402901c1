import type { ActorRef, Ban, Person, RoomInfo, UserEvent, UserEventType, UserKey } from '@parley/domain';
import { fromActor, toActor, type ActorRow } from '../postgres/rows.js';
import type { Run } from '../postgres/side-effects.js';

/** Types as the user log keeps them. Append only. */
export const USER_EVENT_CODES = { 'room.entered': 1, 'room.exited': 2, 'user.banned': 3, 'user.unbanned': 4 } as const satisfies Record<
  UserEventType,
  number
>;

const TYPES = new Map<number, UserEventType>(Object.entries(USER_EVENT_CODES).map(([type, code]) => [code, type as UserEventType]));

export interface UserLogRow extends ActorRow {
  pts: number;
  id: string;
  type: number;
  at: Date;
  room_no: number | null;
  data: { banId?: string; afterPts?: number } | null;
}

export interface NewUserEvent {
  readonly id: string;
  readonly userNo: number;
  readonly type: UserEventType;
  readonly roomNo?: number;
  readonly data?: { readonly banId: string } | { readonly afterPts: number };
}

/** Raises each user's position and writes its entry; one user twice in a call would make a hole, so callers name each once. */
export async function writeUserEvents(
  run: Run,
  tenantId: string,
  by: ActorRef,
  events: readonly NewUserEvent[],
): Promise<{ userNo: number; pts: number; at: Date }[]> {
  if (events.length === 0) return [];
  const actor = fromActor(by);
  // Rows are locked in one order, whoever tells whom.
  const rows = await run<{ user_no: number; pts: number; at: Date }>(
    `WITH e AS (
       SELECT * FROM unnest($2::uuid[], $3::bigint[], $4::smallint[], $5::bigint[], $6::jsonb[]) AS e(id, user_no, type, room_no, data)
     ), locked AS (
       SELECT u.no FROM users u WHERE u.tenant_id = $1 AND u.no IN (SELECT user_no FROM e) ORDER BY u.no FOR NO KEY UPDATE
     ), raised AS (
       UPDATE users u SET user_pts = u.user_pts + 1 FROM locked WHERE u.tenant_id = $1 AND u.no = locked.no RETURNING u.no, u.user_pts
     )
     INSERT INTO user_log (tenant_id, user_no, pts, id, type, at, actor_kind, actor_no, actor_id, room_no, data)
     SELECT $1, e.user_no, raised.user_pts, e.id, e.type, now(), $7, $8, $9, e.room_no, e.data FROM e JOIN raised ON raised.no = e.user_no
     RETURNING user_no, pts, at`,
    [
      tenantId,
      events.map(({ id }) => id),
      events.map(({ userNo }) => userNo),
      events.map(({ type }) => USER_EVENT_CODES[type]),
      events.map(({ roomNo }) => roomNo ?? null),
      events.map(({ data }) => (data ? JSON.stringify(data) : null)),
      actor.actor_kind,
      actor.actor_no,
      actor.actor_id,
    ],
  );
  return rows.map((row) => ({ userNo: row.user_no, pts: row.pts, at: row.at }));
}

export interface UserContext {
  readonly rooms: ReadonlyMap<number, RoomInfo>;
  readonly bans: ReadonlyMap<string, Ban>;
  readonly people: ReadonlyMap<number, Person>;
}

/** Undefined where what the entry was about is gone for good. */
export function toUserEvent(row: UserLogRow, key: UserKey, context: UserContext): UserEvent | undefined {
  const type = TYPES.get(row.type);
  const base = {
    id: row.id,
    tenantId: key.tenantId,
    userNo: key.userNo,
    userPts: row.pts,
    at: row.at,
    actor: toActor(row, context.people),
  };
  switch (type) {
    case 'room.entered': {
      const room = context.rooms.get(row.room_no ?? -1);
      return room && { ...base, type, data: { room, afterPts: row.data?.afterPts ?? 0 } };
    }
    case 'room.exited': {
      const room = context.rooms.get(row.room_no ?? -1);
      return room && { ...base, type, data: { room } };
    }
    case 'user.banned':
    case 'user.unbanned': {
      const ban = context.bans.get(row.data?.banId ?? '');
      return ban && { ...base, type, data: { ban } };
    }
    case undefined:
      return undefined;
  }
}
