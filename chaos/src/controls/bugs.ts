import { createRequire } from 'node:module';
import type { Appended, MessageEntry, SentMessage } from '@parley/domain';
import type { Adapters } from './server-modules.ts';

/** Packets that the lossy fan-out forgets. */
const LOSS = 0.25;
/** How many transactions rely on what the session has. */
const TRUSTS_EVERY = 3;

/** Answers a send with the place it is going to have, and writes it afterwards. */
function ackBeforeCommit({ roomLog }: Adapters): void {
  const heads = new Map<string, { pts: number; seq: number }>();
  const answered = new Set<string>();
  const write = roomLog.append.bind(roomLog);
  const change = roomLog.change.bind(roomLog);
  const tails = new Map<string, Promise<unknown>>();
  const inTurn = <T>(room: string, run: () => Promise<T>): Promise<T> => {
    const result = (tails.get(room) ?? Promise.resolve()).then(run);
    tails.set(
      room,
      result.catch(() => undefined),
    );
    return result;
  };
  roomLog.change = (entry) =>
    inTurn(entry.room.roomNo.toString(), async () => {
      const appended = await change(entry);
      const head = heads.get(entry.room.roomNo.toString());
      if (head) head.pts = appended.events.at(-1)?.pts ?? head.pts;
      return appended;
    });
  roomLog.append = async (entry) => {
    const room = entry.room.roomNo.toString();
    const key = `${room}/${entry.message.sender.no}/${entry.message.clientMessageId}`;
    const head = heads.get(room);
    if (!head || answered.has(key)) {
      const sent = await inTurn(room, () => write(entry));
      if (!sent.deduplicated) heads.set(room, { pts: sent.message.pts, seq: sent.message.seq });
      return sent;
    }
    answered.add(key);
    head.pts += 1;
    head.seq += 1;
    void inTurn(room, () => write(entry)).catch(() => undefined);
    return foretold(entry, head.pts, head.seq);
  };
}

function foretold({ room, message }: MessageEntry, pts: number, seq: number): SentMessage {
  const { id, sender, clientMessageId, type, text, replyTo, metadata } = message;
  const at = new Date();
  const stored = { id, roomId: room.roomId, seq, pts, type, sender, clientMessageId, text, mentions: [], replyTo, metadata, createdAt: at };
  const about = { tenantId: room.tenantId, roomNo: room.roomNo, roomId: room.roomId, epoch: 1, pts, seq, at };
  const event = {
    id,
    type: 'message.created' as const,
    ...about,
    actor: { kind: 'user' as const, user: sender },
    data: { message: stored },
  };
  return { message: stored, deduplicated: false, appended: { events: [event], userEvents: [] } };
}

/** The log has no memory of client ids: every repeat is a new message. */
function noDedupe({ source, roomLog }: Adapters): void {
  const forgotten = source.query(`DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT indexrelid::regclass AS name FROM pg_index WHERE indrelid = 'room_log'::regclass AND indisunique
      AND pg_get_indexdef(indexrelid) LIKE '%client_message_id%' LOOP EXECUTE 'DROP INDEX ' || one.name; END LOOP; END $$`);
  const write = roomLog.append.bind(roomLog);
  roomLog.append = async (entry) => {
    await forgotten;
    return write(entry);
  };
}

/** What goes to a room's sockets is lost now and then, as between nodes. The server's own cure for that is at work. */
function lossyFanout({ fanout }: Adapters): void {
  const emit = fanout.emit.bind(fanout);
  const handOver = fanout.handOver.bind(fanout);
  let isOfRoom = false;
  fanout.handOver = (room) => {
    isOfRoom = true;
    handOver(room);
    isOfRoom = false;
  };
  fanout.emit = (receivers, packet) => {
    emit(isOfRoom ? new Set([...receivers].filter(() => Math.random() >= LOSS)) : receivers, packet);
  };
}

/** The same loss, and nobody tells the heads of rooms. */
function noBeacon(adapters: Adapters): void {
  lossyFanout(adapters);
  adapters.fanout.beacon = () => undefined;
}

/** Rights are remembered, and the commit believes it: it compares the facts with themselves. */
function cachedMembership({ postgres, roomLog }: Adapters): void {
  const write = roomLog.append.bind(roomLog);
  roomLog.append = async (entry) => {
    const [row] = await postgres.log<{ room: number; sender: number; tenant: number }>(
      'control-versions',
      `SELECT h.version AS room, u.version AS sender, t.version AS tenant FROM room_heads h
       JOIN users u ON u.tenant_id = h.tenant_id AND u.no = $3 JOIN tenants t ON t.id = h.tenant_id
       WHERE h.tenant_id = $1 AND h.room_no = $2`,
      [entry.room.tenantId, entry.room.roomNo, entry.message.sender.no],
    );
    return write(row ? { ...entry, facts: row } : entry);
  };
}

/** The tenant stays set on the session; once there is traffic, some transactions trust that it is the right one. */
function sessionGuc({ source, roomLog }: Adapters): void {
  let count = 0;
  let isLive = false;
  const write = roomLog.append.bind(roomLog);
  roomLog.append = (entry) => {
    isLive = true;
    return write(entry);
  };
  const create = source.createQueryRunner.bind(source);
  source.createQueryRunner = () => {
    const runner = create();
    const query = runner.query.bind(runner);
    runner.query = (text, ...rest) => {
      const scope = /^(SET LOCAL ROLE parley_app;) SET LOCAL (parley\.tenant = '[^']*')(.*)$/.exec(text);
      if (!scope) return query(text, ...rest);
      count += 1;
      const trusts = isLive && count % TRUSTS_EVERY === 0;
      return query(trusts ? `${scope[1]} ${scope[3]?.slice(1) ?? ''}` : `${scope[1]} SET ${scope[2]}${scope[3]}`);
    };
    return runner;
  };
}

/** Of what nodes tell each other a part is lost. The server's own cures are at work: gaps, and the sweep of heads. */
function lossyBus({ bus }: Adapters): void {
  const send = bus.send.bind(bus);
  bus.send = (channel, message) => {
    if (Math.random() >= LOSS) send(channel, message);
  };
}

/** Everything of it is lost, and nobody looks for what was committed elsewhere. */
function noSweep(adapters: Adapters): void {
  adapters.bus.send = () => undefined;
  const heads = adapters.roomLog.headsSince.bind(adapters.roomLog);
  adapters.roomLog.headsSince = async (...asked) => ({ ...(await heads(...asked)), heads: [] });
  adapters.fanout.beacon = () => undefined;
}

/**
 * Positions are counted in Redis, as systems do that call it their sequencer: commits of two nodes overtake each other
 * there, and once it has forgotten them it counts from the beginning.
 */
function ptsFromRedis({ roomLog }: Adapters): void {
  const { Redis } = createRequire(new URL('../../../apps/server/package.json', import.meta.url))('ioredis') as {
    readonly Redis: new (url: string) => { eval(script: string, keys: number, ...rest: readonly string[]): Promise<unknown> };
  };
  const redis = new Redis(process.env.PARLEY_REDIS_URL ?? '');
  const seeded = new Set<string>();
  const numbered = async (appended: Appended): Promise<Appended> => {
    const [first] = appended.events;
    if (!first) return appended;
    const count = appended.events.length;
    const key = `pts/${first.tenantId}/${first.roomNo}`;
    const start = seeded.has(key) ? 0 : first.pts - 1;
    seeded.add(key);
    const last = Number(await redis.eval(COUNT, 1, key, String(start), String(count)));
    return { ...appended, events: appended.events.map((event, index) => ({ ...event, pts: last - count + 1 + index })) };
  };
  const write = roomLog.append.bind(roomLog);
  const change = roomLog.change.bind(roomLog);
  roomLog.change = async (entry) => numbered(await change(entry));
  roomLog.append = async (entry) => {
    const sent = await write(entry);
    if (sent.deduplicated) return sent;
    const appended = await numbered(sent.appended);
    return { ...sent, message: { ...sent.message, pts: appended.events[0]?.pts ?? 0 }, appended };
  };
}

/** A counter that begins where it is not there. */
const COUNT = `if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SET', KEYS[1], ARGV[1]) end return redis.call('INCRBY', KEYS[1], ARGV[2])`;

/** Seeded bugs, by name. */
export const BUGS: Readonly<Record<string, (adapters: Adapters) => void>> = {
  ack_before_commit: ackBeforeCommit,
  no_dedupe: noDedupe,
  lossy_fanout: lossyFanout,
  no_beacon: noBeacon,
  cached_membership: cachedMembership,
  cached_membership_cluster: cachedMembership,
  session_guc: sessionGuc,
  lossy_bus: lossyBus,
  no_sweep: noSweep,
  pts_from_redis: ptsFromRedis,
};
