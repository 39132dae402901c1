import type { LogSlice, Message, MessageId, MessagePage, MessageWindow, Person, RoomKey, RoomInfo, UserNo } from '@parley/domain';
import { notFound } from '@parley/domain';
import { ROOM_COLUMNS, ROOM_TABLES, toPerson, toRoomInfo, type RoomRow, type UserRow } from '../postgres/rows.js';
import { EVENT_CODES, LOG_COLUMNS, pointersOf, toEvent, toMessage, type Context, type LogRow } from './event-rows.js';

/** Runs one named statement; the room log gives it a connection of the log role or of a transaction under way. */
export type Query = <R extends object>(name: string, text: string, values: readonly unknown[]) => Promise<R[]>;

const ROOM = `SELECT ${ROOM_COLUMNS} FROM ${ROOM_TABLES} WHERE r.tenant_id = $1 AND r.no = $2`;
const AFTER = `SELECT ${LOG_COLUMNS} FROM room_log l WHERE l.tenant_id = $1 AND l.room_no = $2 AND l.pts > $3 ORDER BY l.pts LIMIT $4`;
const BY_SEQS = `SELECT ${LOG_COLUMNS} FROM room_log l WHERE l.tenant_id = $1 AND l.room_no = $2 AND l.seq = ANY($3::bigint[])`;
const BY_ID = `SELECT ${LOG_COLUMNS} FROM room_log l WHERE l.tenant_id = $1 AND l.room_no = $2 AND l.id = $3 AND l.type = ${EVENT_CODES['message.created']}`;
const BEFORE_SEQ = `SELECT ${LOG_COLUMNS} FROM room_log l WHERE l.tenant_id = $1 AND l.room_no = $2 AND l.seq < $3 AND l.seq > $4 ORDER BY l.seq DESC LIMIT $5`;
const AFTER_SEQ = `SELECT ${LOG_COLUMNS} FROM room_log l WHERE l.tenant_id = $1 AND l.room_no = $2 AND l.seq > $3 ORDER BY l.seq LIMIT $4`;
const PEOPLE = `SELECT u.no, u.id, u.name, u.image FROM users u WHERE u.tenant_id = $1 AND u.no = ANY($2::bigint[])`;

/** Reads the log with everything its rows point to: names and quoted messages are today's. */
export class LogReader {
  constructor(private readonly query: Query) {}

  async room(key: RoomKey): Promise<RoomRow> {
    const [row] = await this.query<RoomRow>('log-room', ROOM, [key.tenantId, key.roomNo]);
    if (!row) throw notFound();
    return row;
  }

  /** The head is read before the events, so that it never promises more than they hold. */
  async after(key: RoomKey, afterPts: number, limit: number): Promise<LogSlice> {
    const room = await this.room(key);
    const head = { epoch: room.epoch, pts: room.pts, lastSeq: room.last_seq, floorPts: room.floor_pts };
    if (afterPts >= room.pts) return { events: [], head };
    const rows = await this.query<LogRow>('log-after', AFTER, [key.tenantId, key.roomNo, afterPts, limit]);
    const context = await this.context(toRoomInfo(room), rows);
    return { events: rows.map((row) => toEvent(row, context)), head };
  }

  async context(room: RoomInfo, rows: readonly LogRow[]): Promise<Context> {
    const pointers = pointersOf(rows);
    const messages =
      pointers.messages.length === 0 ? [] : await this.query<LogRow>('log-by-seqs', BY_SEQS, [room.tenantId, room.no, pointers.messages]);
    const deeper = pointersOf(messages);
    const quoted = deeper.messages.filter((seq) => !pointers.messages.includes(seq));
    const second = quoted.length === 0 ? [] : await this.query<LogRow>('log-by-seqs', BY_SEQS, [room.tenantId, room.no, quoted]);
    const people = await this.people(room.tenantId, [...new Set([...pointers.people, ...deeper.people, ...pointersOf(second).people])]);
    return { room, people, messages: new Map([...messages, ...second].map((row) => [row.seq ?? 0, row])) };
  }

  private async people(tenantId: string, numbers: readonly UserNo[]): Promise<ReadonlyMap<UserNo, Person>> {
    if (numbers.length === 0) return new Map();
    const rows = await this.query<UserRow>('log-people', PEOPLE, [tenantId, numbers]);
    return new Map(rows.map((row) => [row.no, toPerson(row)]));
  }

  async messagesOf(key: RoomKey, rows: readonly LogRow[]): Promise<Message[]> {
    if (rows.length === 0) return [];
    return this.messagesIn(toRoomInfo(await this.room(key)), rows);
  }

  async messagesIn(room: RoomInfo, rows: readonly LogRow[]): Promise<Message[]> {
    const context = await this.context(room, rows);
    return rows.map((row) => toMessage(row, context));
  }

  async message(key: RoomKey, id: MessageId): Promise<Message | undefined> {
    const rows = await this.query<LogRow>('log-by-id', BY_ID, [key.tenantId, key.roomNo, id]);
    return (await this.messagesOf(key, rows))[0];
  }

  async window(key: RoomKey, window: MessageWindow): Promise<MessagePage> {
    const { limit, beforeSeq, afterSeq, aroundSeq, floorSeq = 0 } = window;
    if (aroundSeq !== undefined) return this.around(key, aroundSeq, limit, floorSeq);
    if (afterSeq !== undefined) {
      const from = Math.max(afterSeq, floorSeq);
      const rows = await this.newer(key, from, limit + 1);
      return { items: await this.messagesOf(key, rows.slice(0, limit)), hasMoreBefore: from > floorSeq, hasMoreAfter: rows.length > limit };
    }
    const rows = await this.older(key, beforeSeq ?? Number.MAX_SAFE_INTEGER, floorSeq, limit + 1);
    const items = await this.messagesOf(key, rows.slice(0, limit).reverse());
    const hasMoreAfter = beforeSeq !== undefined && (await this.newer(key, Math.max(beforeSeq - 1, floorSeq), 1)).length > 0;
    return { items, hasMoreBefore: rows.length > limit, hasMoreAfter };
  }

  private async around(key: RoomKey, seq: number, limit: number, floorSeq: number): Promise<MessagePage> {
    const half = Math.floor(limit / 2);
    const before = await this.older(key, seq, floorSeq, half + 1);
    const after = await this.newer(key, Math.max(seq - 1, floorSeq), limit - half + 1);
    const rows = [...before.slice(0, half).reverse(), ...after.slice(0, limit - half)];
    return { items: await this.messagesOf(key, rows), hasMoreBefore: before.length > half, hasMoreAfter: after.length > limit - half };
  }

  private older(key: RoomKey, beforeSeq: number, floorSeq: number, limit: number): Promise<LogRow[]> {
    return this.query<LogRow>('log-before-seq', BEFORE_SEQ, [key.tenantId, key.roomNo, beforeSeq, floorSeq, limit]);
  }

  private newer(key: RoomKey, afterSeq: number, limit: number): Promise<LogRow[]> {
    return this.query<LogRow>('log-after-seq', AFTER_SEQ, [key.tenantId, key.roomNo, afterSeq, limit]);
  }
}
