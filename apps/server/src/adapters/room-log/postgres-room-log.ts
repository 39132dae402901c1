import {
  DomainError,
  RoomLog,
  StaleFacts,
  roomKeyOf,
  type Appended,
  type ChangeEntry,
  type EarlierSend,
  type KnownHead,
  type LogSlice,
  type Message,
  type MessageEntry,
  type MessageId,
  type MessagePage,
  type MessageWindow,
  type Random,
  type RoomEvent,
  type RoomInfo,
  type RoomKey,
  type RoomNo,
  type SentMessage,
  type Tell,
  type TenantId,
  type UserEvent,
  type UserNo,
} from '@parley/domain';
import type { PoolClient } from 'pg';
import { isUniqueViolation, type Postgres } from '../postgres/postgres.js';
import { draftHash, fromActor, toRoomInfo } from '../postgres/rows.js';
import { saveRemembered, writeAudit, type Run } from '../postgres/side-effects.js';
import { writeUserEvents } from '../user-log/user-events.js';
import { AckedHeads } from './acked-heads.js';
import { APPEND_BATCH, APPEND_ONE, APPEND_WAITING, batchOf, oneValues, type Batch, type BatchRow } from './append-batch.js';
import { AppendConnection } from './append-connection.js';
import { AppendLane, sentOf } from './append-lane.js';
import type { Waiting } from './append-queue.js';
import { ChangeSet } from './apply-changes.js';
import { LOG_COLUMNS, toEvent, type LogRow } from './event-rows.js';
import { LogReader } from './log-reader.js';

const SENT = `SELECT ${LOG_COLUMNS}, l.draft_hash FROM room_log l WHERE l.tenant_id = $1 AND l.room_no = $2 AND l.actor_no = $3 AND l.client_message_id = $4`;
/** One query finds all repeats of a batch. */
const REPEATS = `SELECT q.ord FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::text[]) AS q(ord, tenant_id, room_no, sender_no, client_message_id)
  WHERE EXISTS (SELECT FROM room_log l WHERE l.tenant_id = q.tenant_id AND l.room_no = q.room_no AND l.actor_no = q.sender_no AND l.client_message_id = q.client_message_id)`;
const IDS_OF = `SELECT l.id FROM room_log l WHERE l.tenant_id = $1 AND l.room_no = $2 AND l.actor_no = $3 AND l.client_message_id IS NOT NULL AND l.deleted IS NULL ORDER BY l.pts DESC LIMIT $4`;

/** Commits under way when the last reading was made have an older time: a little more is read again. By the minute, as the index is. */
const HEADS_SINCE = `SELECT h.tenant_id, h.room_no, r.id, h.epoch, h.pts
  FROM room_heads h JOIN rooms r ON r.tenant_id = h.tenant_id AND r.no = h.room_no
  WHERE h.tenant_id = ANY($1::text[]) AND h.active_at >= date_trunc('minute', coalesce($2::timestamptz, now()) - interval '10 seconds')
    AND h.last_at >= coalesce($2::timestamptz, now()) - interval '10 seconds'`;

interface HeadRow {
  tenant_id: string;
  room_no: number;
  id: string;
  epoch: number;
  pts: number;
}

interface Options {
  /** Tests of the harness only: called between a commit of messages and their answers. */
  readonly afterMessages?: () => void;
  /** The database came back with less than was acknowledged: so many rooms got a new epoch. */
  readonly onLostTail?: (rooms: number) => void;
}

/** The room log in PostgreSQL. Messages share commits (`AppendLane`); every other change has a transaction of its own. */
export class PostgresRoomLog extends RoomLog {
  private readonly lane: AppendLane;
  private readonly connection: AppendConnection;
  private readonly acked: AckedHeads;
  private readonly reader: LogReader;

  constructor(
    private readonly postgres: Postgres,
    private readonly random: Random,
    private readonly options: Options = {},
  ) {
    super();
    this.reader = new LogReader((name, text, values) => postgres.log(name, text, values));
    this.acked = new AckedHeads((rooms) => options.onLostTail?.(rooms));
    this.connection = new AppendConnection(postgres.url, (client) => this.acked.compare(client));
    this.lane = new AppendLane({
      together: (batch) => this.together(batch),
      alone: (batch) => this.alone(batch),
      answerRepeats: (items) => this.answerRepeats(items),
      afterCommit: (rows, placed) => {
        this.acked.noteBatch(rows, placed);
        options.afterMessages?.();
      },
    });
  }

  private async together({ placed, values }: Batch<Waiting>): Promise<readonly BatchRow[]> {
    try {
      const [first, second] = placed;
      if (first && !second && first.item.entry.message.mentions.length === 0) {
        const rows = await this.connection.query<BatchRow>('append-one', APPEND_ONE, oneValues(first.item.entry));
        if (rows.length > 0) return rows;
      }
      return await this.connection.query<BatchRow>('append-batch', APPEND_BATCH, values());
    } catch (error) {
      // A repeat is an ordinary answer; after anything else the connection may be in any state.
      if (!isUniqueViolation(error)) this.connection.discard();
      throw error;
    }
  }

  private alone({ values }: Batch<Waiting>): Promise<readonly BatchRow[]> {
    return this.postgres.log<BatchRow>('append-waiting', APPEND_WAITING, values());
  }

  override async append(entry: MessageEntry): Promise<SentMessage> {
    if (entry.tellsIfFirst?.length) return this.appendFirst(entry, entry.tellsIfFirst);
    return new Promise((done, fail) => this.lane.push({ entry, since: performance.now(), done, fail }));
  }

  /** What may be a direct room's first message also tells the peer, in the same transaction, that the room is there. */
  private async appendFirst(entry: MessageEntry, tells: readonly Tell[]): Promise<SentMessage> {
    const { sender, clientMessageId, draft } = entry.message;
    return this.lane.withRoom(roomKeyOf(entry.room), async () => {
      try {
        const sent = await this.postgres.tenant(entry.room.tenantId, (client) => this.appendIn(runOn(client), entry, tells));
        this.acked.note(entry.room, sent.message.pts);
        this.options.afterMessages?.();
        return sent;
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        const earlier = await this.earlierSend(entry.room, sender.no, clientMessageId, draft);
        if (!earlier) throw new DomainError('unavailable', { retryAfterMs: 100 });
        return repeatOf(earlier);
      }
    });
  }

  private async appendIn(run: Run, entry: MessageEntry, tells: readonly Tell[]): Promise<SentMessage> {
    const [head] = await run<BatchRow>(APPEND_WAITING, batchOf([{ entry }]).values());
    if (!head || head.stale_sender !== null) throw new StaleFacts();
    const sent = sentOf(entry, head, 1);
    if (sent.message.seq > 1) return sent;
    const room = toRoomInfo(await new LogReader((_, text, values) => run(text, values)).room(entry.room));
    const userEvents = await this.tell(run, room, { kind: 'user', user: entry.message.sender }, tells);
    return { ...sent, appended: { events: sent.appended.events, userEvents } };
  }

  override async change(entry: ChangeEntry): Promise<Appended> {
    return this.lane.withRoom(roomKeyOf(entry.room), async () => {
      let isNewEpoch = false;
      const appended = await this.postgres.tenant(entry.room.tenantId, (client) =>
        this.changeIn(runOn(client), entry, () => {
          isNewEpoch = true;
        }),
      );
      if (isNewEpoch) this.acked.forget(entry.room);
      this.acked.note(entry.room, appended.events.at(-1)?.pts ?? 0);
      return appended;
    });
  }

  private async changeIn(run: Run, entry: ChangeEntry, onLostTail: () => void): Promise<Appended> {
    const set = await ChangeSet.open(run, entry);
    if (this.acked.isLost(entry.room, set.state.pts)) {
      await set.raiseEpoch();
      onLostTail();
    }
    await set.apply(entry.changes);
    const events = await this.writeEvents(run, entry, set);
    const wanted = (entry.tells ?? []).filter(({ type, userNo }) => type !== 'room.entered' || set.joined.has(userNo));
    const tells = [...wanted, ...set.dissolvedMembers.map((userNo): Tell => ({ userNo, type: 'room.exited' }))];
    const userEvents = await this.tell(run, toRoomInfo(set.state), entry.by, tells);
    if (entry.audit) await writeAudit(run, entry.room.tenantId, entry.audit);
    if (entry.remember) await saveRemembered(run, entry.room.tenantId, entry.remember);
    return { events, userEvents };
  }

  private async writeEvents(run: Run, entry: ChangeEntry, set: ChangeSet): Promise<RoomEvent[]> {
    if (set.rows.length === 0) return [];
    const by = fromActor(entry.by);
    const { tenantId, roomNo } = entry.room;
    const rows = await run<LogRow>(
      `WITH e AS (SELECT * FROM unnest($3::uuid[], $4::bigint[], $5::smallint[], $6::bigint[], $7::jsonb[]) AS e(id, pts, type, subject_no, data)),
       l AS (
         INSERT INTO room_log AS l (tenant_id, room_no, pts, id, type, at, actor_kind, actor_no, actor_id, subject_no, data)
         SELECT $1, $2, e.pts, e.id, e.type, now(), $8, $9, $10, e.subject_no, e.data FROM e RETURNING l.*
       ), outgoing AS (
         INSERT INTO outbox (tenant_id, room_no, pts, type) SELECT $1, $2, e.pts, e.type FROM e JOIN tenants t ON t.id = $1 AND t.listens
       ) SELECT ${LOG_COLUMNS} FROM l ORDER BY l.pts`,
      [
        tenantId,
        roomNo,
        set.rows.map(() => this.random.uuid()),
        set.rows.map(({ pts }) => pts),
        set.rows.map(({ type }) => type),
        set.rows.map(({ subjectNo }) => subjectNo),
        set.rows.map(({ data }) => JSON.stringify(data)),
        by.actor_kind,
        by.actor_no,
        by.actor_id,
      ],
    );
    const reader = new LogReader((_, text, values) => run(text, values));
    const context = await reader.context(toRoomInfo(set.state), rows);
    return rows.map((row) => toEvent(row, context));
  }

  private async tell(run: Run, room: RoomInfo, by: ChangeEntry['by'], tells: readonly Tell[]): Promise<UserEvent[]> {
    if (tells.length === 0) return [];
    const entered = await this.enteredAfter(run, room, tells);
    const events = tells.map(({ userNo, type }) => {
      const data = type === 'room.entered' ? { data: { afterPts: entered.get(userNo) ?? 0 } } : {};
      return { id: this.random.uuid(), userNo, type, roomNo: room.no, ...data };
    });
    const written = await writeUserEvents(run, room.tenantId, by, events);
    const byUser = new Map(written.map((row) => [row.userNo, row]));
    return events.flatMap(({ id, userNo, type, data }): UserEvent[] => {
      const row = byUser.get(userNo);
      if (!row) return [];
      const entry = { id, tenantId: room.tenantId, userNo, userPts: row.pts, at: row.at, actor: by };
      return [
        type === 'room.entered' ? { ...entry, type, data: { room, afterPts: data?.afterPts ?? 0 } } : { ...entry, type, data: { room } },
      ];
    });
  }

  /** The position right before each of them came in. */
  private async enteredAfter(run: Run, room: RoomInfo, tells: readonly Tell[]): Promise<ReadonlyMap<number, number>> {
    const userNos = tells.filter(({ type }) => type === 'room.entered').map(({ userNo }) => userNo);
    if (userNos.length === 0) return new Map();
    const rows = await run<{ user_no: number; joined_pts: number }>(
      'SELECT user_no, joined_pts FROM members WHERE tenant_id = $1 AND room_no = $2 AND user_no = ANY($3::bigint[])',
      [room.tenantId, room.no, userNos],
    );
    return new Map(rows.map(({ user_no, joined_pts }) => [user_no, joined_pts - 1]));
  }

  /** Answers the repeats among a refused batch; returns the rest. */
  private async answerRepeats(items: readonly Waiting[]): Promise<readonly Waiting[]> {
    const rows = await this.postgres.log<{ ord: number }>('log-repeats', REPEATS, [
      items.map((_, index) => index),
      items.map(({ entry }) => entry.room.tenantId),
      items.map(({ entry }) => entry.room.roomNo),
      items.map(({ entry }) => entry.message.sender.no),
      items.map(({ entry }) => entry.message.clientMessageId),
    ]);
    const repeats = new Set(rows.map(({ ord }) => ord));
    const answers = items.filter((_, index) => repeats.has(index)).map((item) => this.answerRepeat(item));
    await Promise.all(answers);
    return items.filter((_, index) => !repeats.has(index));
  }

  private async answerRepeat({ entry, done, fail }: Waiting): Promise<void> {
    const { sender, clientMessageId, draft } = entry.message;
    try {
      const earlier = await this.earlierSend(entry.room, sender.no, clientMessageId, draft);
      if (!earlier) throw new DomainError('unavailable', { retryAfterMs: 100 });
      done(repeatOf(earlier));
    } catch (error) {
      fail(error);
    }
  }

  override async nextRoomNo(): Promise<RoomNo> {
    const [row] = await this.postgres.log<{ no: number }>('next-room-no', `SELECT nextval('room_no') AS no`, []);
    if (!row) throw new DomainError('unavailable');
    return row.no;
  }

  override async earlierSend(room: RoomKey, senderNo: UserNo, clientMessageId: string, draft: string): Promise<EarlierSend | undefined> {
    const [row] = await this.postgres.log<LogRow & { draft_hash: string }>('log-sent', SENT, [
      room.tenantId,
      room.roomNo,
      senderNo,
      clientMessageId,
    ]);
    if (!row) return undefined;
    const [message] = await this.reader.messagesOf(room, [row]);
    return message && { message, isSameDraft: row.draft_hash === draftHash(draft) };
  }

  override async headsSince(
    tenantIds: readonly TenantId[],
    since: Date | undefined,
  ): Promise<{ readonly now: Date; readonly heads: readonly KnownHead[] }> {
    const [{ at } = { at: new Date(0) }] = await this.postgres.log<{ at: Date }>('log-now', 'SELECT now() AS at', []);
    const rows = await this.postgres.log<HeadRow>('log-heads', HEADS_SINCE, [tenantIds, since ?? null]);
    return {
      now: at,
      heads: rows.map(({ tenant_id, room_no, id, epoch, pts }) => ({ tenantId: tenant_id, roomNo: room_no, roomId: id, epoch, pts })),
    };
  }

  override after(room: RoomKey, afterPts: number, limit: number): Promise<LogSlice> {
    return this.reader.after(room, afterPts, limit);
  }

  override messages(room: RoomKey, window: MessageWindow): Promise<MessagePage> {
    return this.reader.window(room, window);
  }

  override message(room: RoomKey, messageId: MessageId): Promise<Message | undefined> {
    return this.reader.message(room, messageId);
  }

  override async messageIdsOf(room: RoomKey, userNo: UserNo, limit: number): Promise<readonly MessageId[]> {
    const rows = await this.postgres.log<{ id: string }>('log-ids-of', IDS_OF, [room.tenantId, room.roomNo, userNo, limit]);
    return rows.map(({ id }) => id);
  }

  async close(): Promise<void> {
    this.lane.close();
    await this.connection.close();
  }
}

const runOn =
  (client: PoolClient): Run =>
  async (text, values) =>
    (await client.query(text, [...values])).rows;

function repeatOf({ message, isSameDraft }: EarlierSend): SentMessage {
  if (!isSameDraft) throw new DomainError('idempotency-conflict');
  return { message, deduplicated: true, appended: { events: [], userEvents: [] } };
}
