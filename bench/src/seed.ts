import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

export interface SeedShape {
  /** Spread evenly over the rooms that are there. */
  readonly messages: number;
  /** Further rooms, each with one member and one message. */
  readonly otherRooms: number;
  readonly textBytes: number;
}

/** Owners of the other rooms. */
const OTHER_USERS = 1_000;
/** `message.created`, as the room log numbers it. */
const MESSAGE = 1;

/**
 * Fills the embedded database of a running Parley past its doors, as if its users had been writing for a long time:
 * rows, heads and cursors agree with each other. As the owner of the cluster, whom row security does not bind.
 */
export async function seed(dataDirectory: string, shape: SeedShape): Promise<void> {
  const client = new pg.Client({ connectionString: embeddedUrl(dataDirectory) });
  await client.connect();
  try {
    await client.query('BEGIN');
    await seedMessages(client, tenantOf(dataDirectory), shape);
    await seedOtherRooms(client, tenantOf(dataDirectory), shape);
    await client.query('COMMIT');
    // As after a long life, not right after a load: statistics and visibility known, nothing left to write.
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}

/** Ids as the server makes them (RFC 9562, 5.7): by time, so that they arrive in the order of their index. */
const idAt = (milliseconds: string): string =>
  `(lpad(to_hex(${milliseconds}), 12, '0') || '7' || substr(md5(random()::text), 1, 3) || 'a' || substr(md5(random()::text), 1, 15))::uuid`;
const PAST = `(extract(epoch FROM now() - interval '30 days') * 1000)::bigint`;
const at = (n: string): string => `now() - interval '30 days' + ${n} * interval '1 millisecond'`;
const INSERT = `INSERT INTO room_log (tenant_id, room_no, pts, seq, id, type, at, actor_kind, actor_no, client_message_id, draft_hash, body)`;

/** Of the rooms that are measured; their members take turns. */
async function seedMessages(client: pg.Client, tenantId: string, { messages, textBytes }: SeedShape): Promise<void> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM rooms WHERE tenant_id = $1 AND id LIKE 'bench-%'`,
    [tenantId],
  );
  const perRoom = Math.ceil(messages / Math.max(1, rows[0]?.count ?? 1));
  // Message after message, as time went, and not room after room: rows of a room lie apart on disk.
  await client.query(
    `${INSERT}
     SELECT s.tenant_id, s.room_no, s.pts + n, s.last_seq + n, ${idAt(`${PAST} + n`)}, ${MESSAGE}, ${at('n')}, 1,
       s.users[1 + n % array_length(s.users, 1)], 'seeded-' || n, gen_random_uuid(), rpad('seeded ' || n || ' ', $3, 'lorem ipsum dolor sit amet ')
     FROM generate_series(1, $2::int) n CROSS JOIN (
       SELECT h.tenant_id, h.room_no, h.pts, h.last_seq, array_agg(m.user_no) AS users
       FROM room_heads h JOIN rooms r ON r.tenant_id = h.tenant_id AND r.no = h.room_no
       JOIN members m ON m.tenant_id = h.tenant_id AND m.room_no = h.room_no AND m.status = 'member'
       WHERE h.tenant_id = $1 AND r.id LIKE 'bench-%' GROUP BY h.tenant_id, h.room_no, h.pts, h.last_seq) s`,
    [tenantId, perRoom, textBytes],
  );
  await client.query(
    `UPDATE room_heads h SET pts = pts + $2, last_seq = last_seq + $2 FROM rooms r
     WHERE h.tenant_id = $1 AND r.tenant_id = h.tenant_id AND r.no = h.room_no AND r.id LIKE 'bench-%'`,
    [tenantId, perRoom],
  );
  await client.query(
    `UPDATE members m SET read_seq = h.last_seq, delivered_seq = h.last_seq FROM room_heads h
     WHERE m.tenant_id = $1 AND h.tenant_id = m.tenant_id AND h.room_no = m.room_no`,
    [tenantId],
  );
}

async function seedOtherRooms(client: pg.Client, tenantId: string, { otherRooms, textBytes }: SeedShape): Promise<void> {
  const others = `FROM rooms r WHERE r.tenant_id = $1 AND r.id LIKE 'other-%'`;
  await client.query(
    `INSERT INTO users (tenant_id, id, name) SELECT $1, 'other-u' || n, 'Other ' || n FROM generate_series(0, $2::int - 1) n`,
    [tenantId, OTHER_USERS],
  );
  await client.query(
    `INSERT INTO rooms (tenant_id, id, kind, name, settings, created_by)
     SELECT $1, 'other-r' || n, 'group', 'Other ' || n, s.settings, u.no
     FROM generate_series(1, $2::int) n
     JOIN users u ON u.tenant_id = $1 AND u.id = 'other-u' || n % ${OTHER_USERS}
     CROSS JOIN (SELECT settings FROM rooms WHERE tenant_id = $1 AND id LIKE 'bench-%' LIMIT 1) s`,
    [tenantId, otherRooms],
  );
  await client.query(
    `INSERT INTO room_heads (tenant_id, room_no, pts, last_seq, member_count, last_at, active_at)
     SELECT r.tenant_id, r.no, 1, 1, 1, ${at('0')}, date_trunc('minute', ${at('0')}) ${others}`,
    [tenantId],
  );
  await client.query(
    `INSERT INTO members (tenant_id, room_no, user_no, role, status, read_seq, delivered_seq)
     SELECT r.tenant_id, r.no, r.created_by, 'owner', 'member', 1, 1 ${others}`,
    [tenantId],
  );
  await client.query(
    `${INSERT} SELECT r.tenant_id, r.no, 1, 1, ${idAt(`${PAST} + r.no`)}, ${MESSAGE}, ${at('r.no')}, 1, r.created_by, 'seeded', gen_random_uuid(),
       rpad('seeded ', $2, 'lorem ipsum dolor sit amet ') ${others}`,
    [tenantId, textBytes],
  );
}

/** Its port is the fourth line of the pid file, its password lies beside the cluster. */
function embeddedUrl(dataDirectory: string): string {
  const port = readFileSync(join(dataDirectory, 'postgres/postmaster.pid'), 'utf8').split('\n')[3]?.trim() ?? '';
  const password = readFileSync(join(dataDirectory, 'postgres.password'), 'utf8').trim();
  return `postgres://parley:${password}@127.0.0.1:${port}/postgres`;
}

function tenantOf(dataDirectory: string): string {
  const run = JSON.parse(readFileSync(join(dataDirectory, 'first-run.json'), 'utf8')) as { readonly tenant: { readonly id: string } };
  return run.tenant.id;
}
