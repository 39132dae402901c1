import { found, Scene, upTo, type RoomRef } from '@parley/domain/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { openPostgres } from '../../testing/postgres-technology.js';

/** "Within 5 s" (G21), and what a busy machine adds. */
const ANSWERED_MS = 5_500;

let technology: Awaited<ReturnType<typeof openPostgres>>;
let holder: pg.Client;
beforeAll(async () => {
  technology = await openPostgres();
  holder = new pg.Client({ connectionString: inject('postgresUrl') });
  await holder.connect();
});
afterEach(async () => {
  await holder.query('ROLLBACK');
});
afterAll(async () => {
  await holder.end();
  await technology.close();
});

/** Somebody with a long transaction on the room's row, as another node or an operator with psql may have. */
async function lock({ tenantId, roomNo }: RoomRef): Promise<void> {
  await holder.query('BEGIN');
  await holder.query('SELECT FROM room_heads WHERE tenant_id = $1 AND room_no = $2 FOR UPDATE', [tenantId, roomNo]);
}

async function talk(rooms: number) {
  const own = await Scene.of(technology);
  const ann = await own.user('ann');
  const places: RoomRef[] = [];
  for (const _ of upTo(rooms)) places.push(await own.group([ann]));
  const facts = await Promise.all(places.map((room) => own.facts(room, ann)));
  const say = (at: number, text: string, more = {}) => own.say(found(places[at]), ann, { text, facts: found(facts[at]), ...more });
  return { own, ann, places, say };
}

describe('a locked room', () => {
  it('delays no other, and goes on in order when it is free', async () => {
    const { own, places, say } = await talk(4);
    const stuck = found(places[0]);
    await lock(stuck);
    const waiting = upTo(5).map((n) => say(0, `w${n}`));
    const startedAt = performance.now();
    for (const n of upTo(10)) await Promise.all([1, 2, 3].map((at) => say(at, `m${n}`)));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    const later = upTo(5).map((n) => say(0, `x${n}`));
    await holder.query('COMMIT');
    const sent = await Promise.all([...waiting, ...later]);
    expect(sent.map(({ message }) => message.seq)).toEqual(upTo(10));
    expect((await own.messages(stuck)).map(({ text }) => text)).toEqual([...upTo(5).map((n) => `w${n}`), ...upTo(5).map((n) => `x${n}`)]);
  });

  it('that stays locked is refused in time, and nothing of what was refused is stored', async () => {
    const { own, places, say } = await talk(2);
    const stuck = found(places[0]);
    await lock(stuck);
    const startedAt = performance.now();
    const refused = await Promise.allSettled(upTo(6).map((n) => say(0, `w${n}`)));
    expect(performance.now() - startedAt).toBeLessThan(ANSWERED_MS);
    expect(refused.map((one) => one.status === 'rejected' && (one.reason as { code?: string }).code)).toEqual(
      upTo(6).map(() => 'unavailable'),
    );
    await holder.query('ROLLBACK');
    expect((await say(0, 'after')).message.seq).toBe(1);
    expect((await own.messages(stuck)).map(({ text }) => text)).toEqual(['after']);
  });

  it('in numbers leaves connections for everybody else', async () => {
    const { places, say, own, ann } = await talk(12);
    await holder.query('BEGIN');
    for (const { tenantId, roomNo } of places.slice(1))
      await holder.query('SELECT FROM room_heads WHERE tenant_id = $1 AND room_no = $2 FOR UPDATE', [tenantId, roomNo]);
    const waiting = places.slice(1).map((_, at) => say(at + 1, 'w'));
    const startedAt = performance.now();
    await say(0, 'm');
    await Promise.all(upTo(20).map(() => own.log.after(found(places[0]), 0, 10)));
    expect((await own.facts(found(places[0]), ann)).room).toBeGreaterThan(0);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await holder.query('COMMIT');
    expect((await Promise.all(waiting)).map(({ message }) => message.seq)).toEqual(places.slice(1).map(() => 1));
  });
});

describe('a message the database refuses', () => {
  it('fails alone: its room and all others go on', async () => {
    const { own, places, say } = await talk(3);
    // jsonb holds no U+0000; nothing but a bug would bring one here.
    const bad = say(0, 'bad', { metadata: { a: '\0' } });
    const good = [say(0, 'before'), ...[0, 1, 2].flatMap((at) => upTo(3).map((n) => say(at, `m${n}`)))];
    await expect(bad).rejects.toThrow(/unicode|Unicode/);
    const sent = await Promise.all(good);
    expect(sent.every(({ deduplicated }) => !deduplicated)).toBe(true);
    expect((await own.messages(found(places[0]))).map(({ text }) => text)).toEqual(['before', 'm1', 'm2', 'm3']);
  });
});

/** As a standby that had not received the last commit: the row and the head are those of before. */
async function loseLast({ tenantId, roomNo }: RoomRef): Promise<void> {
  const room = [tenantId, roomNo];
  await holder.query(
    'DELETE FROM room_log WHERE tenant_id = $1 AND room_no = $2 AND pts = (SELECT pts FROM room_heads WHERE tenant_id = $1 AND room_no = $2)',
    room,
  );
  await holder.query('UPDATE room_heads SET pts = pts - 1, last_seq = last_seq - 1 WHERE tenant_id = $1 AND room_no = $2', room);
}

describe('a database that came back with less than was acknowledged', () => {
  it('gives the room a new epoch with the first change, once', async () => {
    const { own, places, say } = await talk(1);
    for (const n of upTo(3)) await say(0, `m${n}`);
    const room = found(places[0]);
    await loseLast(room);
    const rename = async (name: string) => (await own.change(room, [{ type: 'room.updated', patch: { name } }])).events[0];
    const before = (await own.roomNow(room)).pts;
    expect(await rename('one')).toMatchObject({ epoch: 2, pts: before + 1 });
    expect(await rename('two')).toMatchObject({ epoch: 2, pts: before + 2 });
  });

  it('gives the room a new epoch before anything is appended to it, and leaves others alone', async () => {
    const { own, places, say } = await talk(2);
    for (const at of [0, 1]) for (const n of upTo(3)) await say(at, `m${n}`);
    const [lost, kept] = [found(places[0]), found(places[1])];
    await loseLast(lost);
    await holder.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley' AND query LIKE '%room_heads h%'`,
    );
    const again = async (at: number): Promise<{ epoch?: number; seq: number }> => {
      for (let left = 5; ; left -= 1) {
        try {
          const { message, appended } = await say(at, 'after');
          return { epoch: appended.events[0]?.epoch, seq: message.seq };
        } catch (error) {
          if (left === 0) throw error;
        }
      }
    };
    expect(await again(0)).toEqual({ epoch: 2, seq: 3 });
    expect(await again(1)).toEqual({ epoch: 1, seq: 4 });
    expect((await own.roomNow(kept)).epoch).toBe(1);
  });
});
