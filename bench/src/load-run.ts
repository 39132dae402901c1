import { setTimeout as sleep } from 'node:timers/promises';
import { markedText, markerIn } from './markers.ts';
import { OrderWatch } from './order.ts';
import { commandPacket, HotPackets, parsePacket } from './packets.ts';
import type { LoadPlan, LoadResult } from './plan.ts';
import { RawSocket } from './raw-socket.ts';
import { Samples } from './samples.ts';

/** Start times of sends in flight are kept in a ring of this size per sender. */
const RING = 16_384;
const RETRY_AFTER_REFUSAL_MS = 20;
const DRAIN_MS = 10_000;
/** Connections opened at the same time. */
const CONNECTING = 20;
const STEADY_TICK_MS = 5;

interface Seat {
  readonly index: number;
  readonly roomId: string;
  readonly socket: RawSocket;
  readonly sentAt: Float64Array;
  sent: number;
  answered: number;
}

interface Counters {
  readonly acknowledged: number;
  readonly deliveries: number;
  readonly bytes: number;
  readonly at: number;
  readonly cpu: number;
}

/** One run against one server: warm-up, measurement, drain. */
export class LoadRun {
  private readonly plan: LoadPlan;
  private readonly hot: HotPackets;
  private readonly order: OrderWatch;
  private readonly seats: Seat[] = [];
  private readonly ack = new Samples();
  private readonly receive = new Samples();
  private readonly isSteady: boolean;
  /** Unique per run: the ids of earlier runs on the same data would be repeats. */
  private readonly prefix = `${process.pid}-${Date.now()}`;
  private isSending = false;
  private isMeasuring = false;
  private acknowledged = 0;
  private deliveries = 0;
  private bytes = 0;
  private refused = 0;
  private firstRefusal: string | undefined;
  private closed = 0;
  private firstClose: string | undefined;

  constructor(plan: LoadPlan) {
    this.plan = plan;
    this.hot = new HotPackets(plan.namespace, 'message.created');
    this.order = new OrderWatch(plan.connections.length, plan.senders);
    this.isSteady = 'ratePerSecond' in plan.pace;
  }

  async run(): Promise<LoadResult> {
    try {
      await this.connectAll();
      this.isSending = true;
      const sending = this.startSending();
      await sleep(this.plan.warmupSeconds * 1_000);
      const before = this.counters();
      this.isMeasuring = true;
      await sleep(this.plan.seconds * 1_000);
      this.isMeasuring = false;
      const after = this.counters();
      this.isSending = false;
      await sending;
      await this.drain();
      return this.result(before, after);
    } finally {
      for (const { socket } of this.seats) socket.close();
    }
  }

  private async connectAll(): Promise<void> {
    const { connections } = this.plan;
    for (let from = 0; from < connections.length; from += CONNECTING) {
      const some = connections.slice(from, from + CONNECTING);
      this.seats.push(...(await Promise.all(some.map(({ token, roomId }, offset) => this.connect(from + offset, token, roomId)))));
    }
  }

  private async connect(index: number, token: string, roomId: string): Promise<Seat> {
    const { host, port, namespace } = this.plan;
    const socket = await RawSocket.connect({
      host,
      port,
      namespace,
      token,
      onPacket: (bytes, start, end) => this.packet(index, bytes, start, end),
      onClose: (reason) => this.lost(reason),
    });
    return { index, roomId, socket, sentAt: new Float64Array(index < this.plan.senders ? RING : 0), sent: 0, answered: 0 };
  }

  private startSending(): Promise<void> {
    const { pace, senders } = this.plan;
    if ('ratePerSecond' in pace) return this.sendSteadily(pace.ratePerSecond);
    for (const seat of this.seats.slice(0, senders)) {
      seat.socket.batch(() => {
        for (let count = 0; count < pace.inFlight; count += 1) this.send(seat);
      });
    }
    return Promise.resolve();
  }

  /** Open loop: the schedule does not wait for answers, so a stall shows in the latencies instead of thinning the load. */
  private async sendSteadily(perSecond: number): Promise<void> {
    const start = performance.now();
    let sent = 0;
    while (this.isSending) {
      const due = Math.floor(((performance.now() - start) / 1_000) * perSecond);
      for (; sent < due; sent += 1) {
        const seat = this.seats[sent % this.plan.senders];
        if (seat) this.send(seat);
      }
      await sleep(STEADY_TICK_MS);
    }
  }

  private send(seat: Seat): void {
    seat.sent += 1;
    const now = performance.now();
    const n = seat.sent;
    seat.sentAt[n % RING] = now;
    const text = markedText({ sender: seat.index, n, sentAt: Math.round(now * 1_000) }, this.plan.textBytes);
    const body = { roomId: seat.roomId, clientMessageId: `${this.prefix}-${seat.index}-${n}`, text };
    seat.socket.send(commandPacket(this.plan.namespace, n, 'message.send', body));
  }

  private packet(index: number, bytes: Buffer, start: number, end: number): void {
    if (this.hot.isEvent(bytes, start, end)) return this.delivered(index, bytes, start, end);
    const ack = this.hot.ackAt(bytes, start, end);
    const seat = this.seats[index];
    if (!ack || !seat) return;
    seat.answered += 1;
    if (ack.isOk ?? saysOk(bytes.toString('utf8', start, end))) this.acked(seat, ack.id);
    else this.refusal(seat, bytes.toString('utf8', start, Math.min(end, start + 400)));
  }

  private delivered(index: number, bytes: Buffer, start: number, end: number): void {
    const marker = markerIn(bytes, start, end);
    if (!marker) return;
    this.deliveries += 1;
    this.bytes += end - start;
    this.order.see(index, marker.sender, marker.n);
    if (this.isSteady && this.isMeasuring) this.receive.add(performance.now() - marker.sentAt / 1_000);
  }

  private acked(seat: Seat, n: number): void {
    this.acknowledged += 1;
    if (this.isMeasuring) this.ack.add(performance.now() - (seat.sentAt[n % RING] ?? NaN));
    if (this.isSending && !this.isSteady) this.send(seat);
  }

  private refusal(seat: Seat, text: string): void {
    this.refused += 1;
    this.firstRefusal ??= text;
    if (this.isSteady) return;
    setTimeout(() => this.isSending && this.send(seat), RETRY_AFTER_REFUSAL_MS);
  }

  private lost(reason: string): void {
    this.closed += 1;
    this.firstClose ??= reason;
  }

  private counters(): Counters {
    const { user, system } = process.cpuUsage();
    return {
      acknowledged: this.acknowledged,
      deliveries: this.deliveries,
      bytes: this.bytes,
      at: performance.now(),
      cpu: (user + system) / 1_000,
    };
  }

  private unanswered(): number {
    return this.seats.reduce((sum, { sent, answered }) => sum + sent - answered, 0);
  }

  private missing(): number {
    return this.acknowledged * this.plan.membersPerRoom - this.deliveries;
  }

  private async drain(): Promise<void> {
    const end = performance.now() + DRAIN_MS;
    while ((this.unanswered() > 0 || this.missing() > 0) && performance.now() < end && this.closed === 0) await sleep(20);
  }

  private result(before: Counters, after: Counters): LoadResult {
    const seconds = (after.at - before.at) / 1_000;
    const acknowledged = after.acknowledged - before.acknowledged;
    const deliveries = after.deliveries - before.deliveries;
    return {
      seconds,
      acknowledged,
      acknowledgedPerSecond: acknowledged / seconds,
      deliveries,
      deliveriesPerSecond: deliveries / seconds,
      bytesPerDelivery: (after.bytes - before.bytes) / Math.max(1, deliveries),
      ack: this.ack.summary(),
      ...(this.isSteady ? { receive: this.receive.summary() } : {}),
      refused: this.refused,
      ...(this.firstRefusal === undefined ? {} : { firstRefusal: this.firstRefusal }),
      unanswered: this.unanswered(),
      missingDeliveries: this.missing(),
      reordered: this.order.reordered,
      repeated: this.order.repeated,
      closedConnections: this.closed,
      ...(this.firstClose === undefined ? {} : { firstClose: this.firstClose }),
      loadCpuShare: (after.cpu - before.cpu) / (after.at - before.at),
    };
  }
}

function saysOk(text: string): boolean {
  const packet = parsePacket(text);
  const answer = packet.kind === 'ack' ? packet.args[0] : undefined;
  return typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === true;
}
