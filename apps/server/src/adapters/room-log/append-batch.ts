import type { MessageEntry } from '@parley/domain';
import { draftHash } from '../postgres/rows.js';
import { EVENT_CODES, type StoredMessageData } from './event-rows.js';

/**
 * One statement commits messages of many rooms and tenants. Rows of a room carry their offset within the batch, so the
 * room's head is raised once and positions follow without a gap. A room whose version moved on is left out whole; a
 * sender or tenant whose version moved on makes the statement write nothing and name them, and the rest goes again.
 * No part of it depends on table statistics (STACK 4): what is looked up is looked up by its whole key.
 */
const statement = (lock: string, isNamingLocked: boolean): string => `
WITH r AS MATERIALIZED (
  SELECT * FROM unnest($1::int[], $2::int[], $3::uuid[], $4::bigint[], $5::text[], $6::uuid[], $7::text[], $8::text[])
    AS r(gi, off, id, sender_no, client_message_id, draft_hash, body, data)
), g AS MATERIALIZED (
  SELECT * FROM unnest($9::int[], $10::text[], $11::bigint[], $12::int[], $13::bigint[]) AS g(gi, tenant_id, room_no, n, version)
), s AS MATERIALIZED (
  SELECT * FROM unnest($14::text[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::int[], $20::int[])
    AS s(tenant_id, room_no, sender_no, sender_version, tenant_version, gi, last_off)
), stale AS MATERIALIZED (
  SELECT s.gi, s.sender_no FROM s
  WHERE s.sender_version IS DISTINCT FROM (SELECT u.version FROM users u WHERE u.tenant_id = s.tenant_id AND u.no = s.sender_no)
     OR s.tenant_version IS DISTINCT FROM (SELECT t.version FROM tenants t WHERE t.id = s.tenant_id)
), locked AS MATERIALIZED (
  SELECT g.gi FROM g CROSS JOIN LATERAL (
    SELECT h.room_no FROM room_heads h WHERE h.tenant_id = g.tenant_id AND h.room_no = g.room_no FOR NO KEY UPDATE${lock}) k
), head AS (
  UPDATE room_heads h
  SET pts = h.pts + g.n, last_seq = h.last_seq + g.n, last_at = now(), active_at = date_trunc('minute', now())
  FROM g JOIN locked ON locked.gi = g.gi
  WHERE h.tenant_id = g.tenant_id AND h.room_no = g.room_no AND h.version = g.version AND NOT EXISTS (SELECT FROM stale)
  RETURNING g.gi, h.tenant_id, h.room_no, h.pts - g.n AS base_pts, h.last_seq - g.n AS base_seq, h.epoch
), rows AS (
  INSERT INTO room_log (tenant_id, room_no, pts, seq, id, type, at, actor_kind, actor_no, client_message_id, draft_hash, body, data)
  SELECT head.tenant_id, head.room_no, head.base_pts + r.off, head.base_seq + r.off, r.id, ${EVENT_CODES['message.created']}, now(), 1, r.sender_no,
    r.client_message_id, r.draft_hash, r.body, r.data::jsonb
  FROM r JOIN head ON head.gi = r.gi
), cursors AS (
  UPDATE members m
  SET read_seq = GREATEST(m.read_seq, head.base_seq + s.last_off), delivered_seq = GREATEST(m.delivered_seq, head.base_seq + s.last_off), marked_unread = false
  FROM s JOIN head ON head.gi = s.gi
  WHERE m.tenant_id = s.tenant_id AND m.room_no = s.room_no AND m.user_no = s.sender_no
), named AS (
  INSERT INTO mentions (tenant_id, room_no, user_no, seq, sender_no)
  SELECT head.tenant_id, head.room_no, x.user_no, head.base_seq + x.off, x.sender_no
  FROM unnest($21::int[], $22::int[], $23::bigint[], $24::bigint[]) AS x(gi, off, user_no, sender_no) JOIN head ON head.gi = x.gi
), outgoing AS (
  INSERT INTO outbox (tenant_id, room_no, pts, type)
  SELECT head.tenant_id, head.room_no, head.base_pts + r.off, ${EVENT_CODES['message.created']}
  FROM r JOIN head ON head.gi = r.gi JOIN tenants t ON t.id = head.tenant_id AND t.listens
)
SELECT gi, base_pts, base_seq, epoch, now() AS at, NULL::bigint AS stale_sender FROM head
UNION ALL SELECT gi, NULL, NULL, NULL, NULL, sender_no FROM stale${
  isNamingLocked
    ? '\nUNION ALL SELECT g.gi, NULL, NULL, NULL, NULL, NULL FROM g WHERE NOT EXISTS (SELECT FROM locked WHERE locked.gi = g.gi)'
    : ''
}`;

/** A room that is locked, by a change under way or by another node, is left out and named: it delays no other. */
export const APPEND_BATCH = statement(' SKIP LOCKED', true);
/** Waits for the lock. */
export const APPEND_WAITING = statement('', false);

/**
 * The same for one message that names nobody, in less of the database's time: most of what a server with little
 * to do commits. No row where anything speaks against it: the statement for batches says what.
 */
export const APPEND_ONE = `
WITH locked AS MATERIALIZED (
  SELECT FROM room_heads WHERE tenant_id = $1 AND room_no = $2 FOR NO KEY UPDATE SKIP LOCKED
), head AS (
  UPDATE room_heads h
  SET pts = h.pts + 1, last_seq = h.last_seq + 1, last_at = now(), active_at = date_trunc('minute', now())
  WHERE h.tenant_id = $1 AND h.room_no = $2 AND h.version = $3 AND EXISTS (SELECT FROM locked)
    AND (SELECT u.version FROM users u WHERE u.tenant_id = $1 AND u.no = $4) = $5
    AND (SELECT t.version FROM tenants t WHERE t.id = $1) = $6
  RETURNING h.pts, h.last_seq, h.epoch
), rows AS (
  INSERT INTO room_log (tenant_id, room_no, pts, seq, id, type, at, actor_kind, actor_no, client_message_id, draft_hash, body, data)
  SELECT $1, $2, head.pts, head.last_seq, $7, ${EVENT_CODES['message.created']}, now(), 1, $4, $8, $9, $10, $11 FROM head
), cursors AS (
  UPDATE members m
  SET read_seq = GREATEST(m.read_seq, head.last_seq), delivered_seq = GREATEST(m.delivered_seq, head.last_seq), marked_unread = false
  FROM head WHERE m.tenant_id = $1 AND m.room_no = $2 AND m.user_no = $4
), outgoing AS (
  INSERT INTO outbox (tenant_id, room_no, pts, type)
  SELECT $1, $2, head.pts, ${EVENT_CODES['message.created']} FROM head JOIN tenants t ON t.id = $1 AND t.listens
)
SELECT 0 AS gi, pts - 1 AS base_pts, last_seq - 1 AS base_seq, epoch, now() AS at, NULL::bigint AS stale_sender FROM head`;

export function oneValues({ room, facts, message }: MessageEntry): unknown[] {
  const { id, sender, clientMessageId, draft, text } = message;
  const who = [room.tenantId, room.roomNo, facts.room, sender.no, facts.sender, facts.tenant];
  return [...who, id, clientMessageId, draftHash(draft), text, storedData(message)];
}

/** Committed: positions. Refused: `stale_sender`. Left out since somebody holds the room locked: neither. */
export interface BatchRow {
  gi: number;
  base_pts: number | null;
  base_seq: number;
  epoch: number;
  at: Date;
  stale_sender: number | null;
}

interface Queued {
  readonly entry: MessageEntry;
}

/** An entry with its place in the batch: the group of its room, and its offset there (1, 2, 3, ...). */
export interface Placed<E extends Queued> {
  readonly item: E;
  readonly group: number;
  readonly offset: number;
}

/** The messages of one room in the batch. */
interface Group {
  readonly index: number;
  readonly entry: MessageEntry;
  count: number;
}

/** Somebody who speaks in one room, and the offset of the last message. */
interface Sender {
  readonly entry: MessageEntry;
  readonly group: number;
  readonly last: number;
}

export interface Batch<E extends Queued> {
  readonly placed: readonly Placed<E>[];
  /** Columns of arrays, as the statement for batches takes them; made when asked for. */
  values(): unknown[];
}

export function batchOf<E extends Queued>(items: readonly E[]): Batch<E> {
  const groups = new Map<string, Group>();
  const senders = new Map<string, Sender>();
  const placed = items.map((item) => {
    const { room, message } = item.entry;
    const key = `${room.tenantId}/${room.roomNo}`;
    const group = groups.get(key) ?? { index: groups.size, entry: item.entry, count: 0 };
    group.count += 1;
    groups.set(key, group);
    senders.set(`${key}/${message.sender.no}`, { entry: item.entry, group: group.index, last: group.count });
    return { item, group: group.index, offset: group.count };
  });
  return { placed, values: () => columnsOf(placed, [...groups.values()], [...senders.values()]) };
}

function columnsOf(placed: readonly Placed<Queued>[], g: readonly Group[], s: readonly Sender[]): unknown[] {
  const mentions = placed.flatMap(({ item, group, offset }) =>
    item.entry.message.mentions.map(({ no }) => ({ group, offset, no, by: item.entry.message.sender.no })),
  );
  const messages = placed.map(({ item }) => item.entry.message);
  return [
    placed.map(({ group }) => group),
    placed.map(({ offset }) => offset),
    messages.map(({ id }) => id),
    messages.map(({ sender }) => sender.no),
    messages.map(({ clientMessageId }) => clientMessageId),
    messages.map(({ draft }) => draftHash(draft)),
    messages.map(({ text }) => text),
    messages.map(storedData),
    g.map(({ index }) => index),
    g.map(({ entry }) => entry.room.tenantId),
    g.map(({ entry }) => entry.room.roomNo),
    g.map(({ count }) => count),
    g.map(({ entry }) => entry.facts.room),
    s.map(({ entry }) => entry.room.tenantId),
    s.map(({ entry }) => entry.room.roomNo),
    s.map(({ entry }) => entry.message.sender.no),
    s.map(({ entry }) => entry.facts.sender),
    s.map(({ entry }) => entry.facts.tenant),
    s.map(({ group }) => group),
    s.map(({ last }) => last),
    mentions.map(({ group }) => group),
    mentions.map(({ offset }) => offset),
    mentions.map(({ no }) => no),
    mentions.map(({ by }) => by),
  ];
}

export function storedData({ mentions, replyTo, metadata }: MessageEntry['message']): string | null {
  const hasMetadata = Object.keys(metadata).length > 0;
  if (mentions.length === 0 && !replyTo && !hasMetadata) return null;
  const data: StoredMessageData = {
    ...(mentions.length > 0 ? { mentions: mentions.map(({ no }) => no) } : {}),
    ...(replyTo ? { replyTo: replyTo.seq } : {}),
    ...(hasMetadata ? { metadata } : {}),
  };
  return JSON.stringify(data);
}
