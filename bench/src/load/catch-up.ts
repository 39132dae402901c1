import { setTimeout as sleep } from 'node:timers/promises';
import type { Crowd } from './crowd.ts';
import { markedText } from './markers.ts';
import { commandPacket, HotPackets, parsePacket } from './packets.ts';
import type { StormPlan } from './plan.ts';

const WRITE_MS = 60_000;
const QUIET_MS = 500;
const REFUSED_MS = 500;
const SYNC_MS = 30_000;
/** Slices of one difference; each holds up to 1,000 events. */
const SLICES_MAX = 100;

interface RoomState {
  readonly roomId: string;
  readonly epoch: number;
  readonly pts: number;
  readonly complete: boolean;
}

interface Told {
  readonly userPts: number;
  readonly rooms: readonly RoomState[];
}

interface SyncAnswer {
  readonly ok: boolean;
  readonly rooms?: readonly {
    readonly roomId: string;
    readonly pts?: number;
    readonly events?: readonly { type: string }[];
    complete?: boolean;
  }[];
}

/**
 * What a client of Parley keeps and asks for: its positions from before the last messages, told at the handshake
 * (`auth.resume`), and `sync` for what the handshake did not replay.
 */
export class CatchUp {
  private readonly crowd: Crowd;
  private readonly plan: StormPlan;
  private readonly hot: HotPackets;
  /** As of the first connection. */
  private readonly positions = new Map<number, Told>();
  private readonly told = new Map<number, Told>();
  private readonly received: Float64Array;
  private readonly waiting = new Map<number, (answer: SyncAnswer) => void>();
  /** By ack id, what is not acknowledged yet. */
  private readonly writing = new Map<number, string>();
  private written = 0;
  private isBack = false;
  private synced = 0;
  private lastPacketAt = 0;

  constructor(crowd: Crowd, plan: StormPlan) {
    this.crowd = crowd;
    this.plan = plan;
    this.hot = new HotPackets(plan.address.namespace, 'message.created');
    this.received = new Float64Array(plan.guests.length);
  }

  ready(index: number, told: unknown): void {
    const known = told as Told;
    if (this.isBack) this.told.set(index, known);
    else this.positions.set(index, known);
  }

  packet(index: number, bytes: Buffer, start: number, end: number): void {
    this.lastPacketAt = performance.now();
    if (this.hot.isEvent(bytes, start, end)) {
      if (this.isBack) this.received[index] = (this.received[index] ?? 0) + 1;
      return;
    }
    const ack = this.hot.ackAt(bytes, start, end);
    if (!ack) return;
    if (!this.isBack) this.answered(index, ack.id, ack.isOk);
    const packet = parsePacket(bytes.toString('utf8', start, end));
    if (packet.kind === 'ack') this.waiting.get(index)?.(packet.args[0] as SyncAnswer);
  }

  /** A refusal that passes is asked again, as every client does: all rooms are written to at once. */
  private answered(index: number, id: number, isOk: boolean | undefined): void {
    const packet = this.writing.get(id);
    if (packet === undefined) return;
    if (isOk === true) {
      this.written += 1;
      this.writing.delete(id);
    } else if (isOk === false) setTimeout(() => this.crowd.at(index)?.send(packet), REFUSED_MS);
  }

  /** Each room gets its messages; that connected clients receive them now is not told to the server by the positions they come back with. */
  async write(): Promise<void> {
    const { guests, missedPerRoom, textBytes, address } = this.plan;
    const writers = new Map(guests.flatMap(({ rooms }, index) => rooms.map((roomId) => [roomId, index] as const)));
    let n = 0;
    for (let round = 0; round < missedPerRoom; round += 1) {
      for (const [roomId, index] of writers) {
        n += 1;
        const body = {
          roomId,
          clientMessageId: `${process.pid}-${Date.now()}-${n}`,
          text: markedText({ sender: 0, n, sentAt: 0 }, textBytes),
        };
        const packet = commandPacket(address.namespace, n, 'message.send', body);
        this.writing.set(n, packet);
        this.crowd.at(index)?.send(packet);
      }
    }
    const end = performance.now() + WRITE_MS;
    while ((this.written < n || performance.now() - this.lastPacketAt < QUIET_MS) && performance.now() < end) await sleep(20);
    if (this.written < n) throw new Error(`${n - this.written} of ${n} messages were not acknowledged within ${WRITE_MS} ms`);
    this.isBack = true;
  }

  resumeOf(index: number): object {
    const { userPts = 0, rooms = [] } = this.positions.get(index) ?? {};
    // Whoever has to come twice starts again from the same position.
    this.received[index] = 0;
    return { resume: { userPts, rooms: Object.fromEntries(rooms.map(({ roomId, pts }) => [roomId, pts])) } };
  }

  /** After `session.ready`: rooms that were not replayed whole are asked for, from where the client was. */
  async complete(index: number): Promise<void> {
    const incomplete = new Set(this.told.get(index)?.rooms.flatMap(({ roomId, complete }) => (complete ? [] : [roomId])));
    if (incomplete.size === 0) return;
    this.synced += 1;
    this.received[index] = 0;
    let open = (this.positions.get(index)?.rooms ?? []).map(({ roomId, epoch, pts }) => ({ roomId, epoch, afterPts: pts }));
    for (let slice = 0; open.length > 0 && slice < SLICES_MAX; slice += 1) {
      const { ok, rooms = [] } = await this.sync(index, slice + 1, open);
      if (!ok) throw new Error('sync was refused');
      open = open.flatMap((position) => {
        const room = rooms.find(({ roomId }) => roomId === position.roomId);
        const events = room?.events?.filter(({ type }) => type === 'message.created') ?? [];
        this.received[index] = (this.received[index] ?? 0) + events.length;
        return room?.complete === true ? [] : [{ ...position, afterPts: room?.pts ?? position.afterPts }];
      });
    }
  }

  private async sync(index: number, id: number, rooms: readonly object[]): Promise<SyncAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<SyncAnswer>();
    const timer = setTimeout(() => reject(new Error(`sync did not answer within ${SYNC_MS} ms`)), SYNC_MS);
    this.waiting.set(index, resolve);
    try {
      this.crowd.at(index)?.send(commandPacket(this.plan.address.namespace, id, 'sync', { rooms }));
      return await promise;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(index);
    }
  }

  account(): { replayed: number; missing: number; surplus: number; synced: number } {
    const expected = this.plan.guests.map(({ rooms }) => rooms.length * this.plan.missedPerRoom);
    const sum = (difference: (received: number, expected: number) => number): number =>
      expected.reduce((total, count, index) => total + difference(this.received[index] ?? 0, count), 0);
    return {
      replayed: sum((received) => received),
      missing: sum((received, count) => Math.max(0, count - received)),
      surplus: sum((received, count) => Math.max(0, received - count)),
      synced: this.synced,
    };
  }
}
