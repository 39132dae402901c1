import { setTimeout as sleep } from 'node:timers/promises';
import type { Crowd } from './crowd.ts';
import { markedText, markerIn } from './markers.ts';
import { OrderWatch } from './order.ts';
import { commandPacket, HotPackets, parsePacket } from './packets.ts';
import { Samples } from './samples.ts';

/** Start times of sends in flight are kept in a ring of this size per sender. */
const RING = 16_384;
const TICK_MS = 5;

export interface TrafficShape {
  readonly namespace: string;
  /** The first `senders` guests send, to their first room. */
  readonly senders: number;
  readonly textBytes: number;
  /** Everybody in the room receives, the sender too. */
  readonly membersPerRoom: number;
  /** Whether the time until each receiver has a message is kept. */
  readonly isTimingReceivers: boolean;
}

interface Sender {
  readonly sentAt: Float64Array;
  sent: number;
  answered: number;
}

/** What a sender wants to know at once. */
export interface TrafficEvents {
  readonly onAck?: (sender: number) => void;
  readonly onRefusal?: (sender: number) => void;
}

/** Messages from senders to everybody in their rooms, counted and timed. */
export class Traffic {
  readonly ack = new Samples();
  readonly receive = new Samples();
  readonly order: OrderWatch;
  acknowledged = 0;
  deliveries = 0;
  bytes = 0;
  refused = 0;
  firstRefusal: string | undefined;
  private readonly crowd: Crowd;
  private readonly shape: TrafficShape;
  private readonly events: TrafficEvents;
  private readonly hot: HotPackets;
  private readonly senders: readonly Sender[];
  /** Unique per run: the ids of earlier runs on the same data would be repeats. */
  private readonly prefix = `${process.pid}-${Date.now()}`;
  /** Messages sent before count no more. */
  private since = 0;
  private windowFrom = Infinity;
  private windowTo = Infinity;

  constructor(crowd: Crowd, shape: TrafficShape, events: TrafficEvents = {}) {
    this.crowd = crowd;
    this.shape = shape;
    this.events = events;
    this.hot = new HotPackets(shape.namespace, 'message.created');
    this.order = new OrderWatch(crowd.guests.length, shape.senders);
    this.senders = Array.from({ length: shape.senders }, () => ({ sentAt: new Float64Array(RING), sent: 0, answered: 0 }));
  }

  /** Messages sent from now on are timed, whenever they are answered or arrive. */
  startTiming(): void {
    this.windowFrom = performance.now();
    this.windowTo = Infinity;
  }

  stopTiming(): void {
    this.windowTo = performance.now();
  }

  /** Forgets what was, also what is still under way. */
  restart(): void {
    this.since = performance.now();
    this.windowFrom = Infinity;
    this.acknowledged = 0;
    this.deliveries = 0;
    this.bytes = 0;
    this.refused = 0;
    this.ack.clear();
    this.receive.clear();
    for (const sender of this.senders) sender.answered = sender.sent;
  }

  send(index: number): void {
    const sender = this.senders[index];
    if (!sender) return;
    sender.sent += 1;
    const now = performance.now();
    const n = sender.sent;
    sender.sentAt[n % RING] = now;
    const text = markedText({ sender: index, n, sentAt: Math.round(now * 1_000) }, this.shape.textBytes);
    const body = { roomId: this.crowd.guests[index]?.rooms[0], clientMessageId: `${this.prefix}-${index}-${n}`, text };
    this.crowd.at(index)?.send(commandPacket(this.shape.namespace, n, 'message.send', body));
  }

  /** Open loop: the schedule does not wait for answers, so a stall shows in the latencies instead of thinning the load. */
  async sendSteadily(perSecond: number, isSending: () => boolean): Promise<void> {
    const start = performance.now();
    let sent = 0;
    while (isSending()) {
      const due = Math.floor(((performance.now() - start) / 1_000) * perSecond);
      for (; sent < due; sent += 1) this.send(sent % this.shape.senders);
      await sleep(TICK_MS);
    }
  }

  packet(index: number, bytes: Buffer, start: number, end: number): void {
    if (this.hot.isEvent(bytes, start, end)) return this.delivered(index, bytes, start, end);
    const ack = this.hot.ackAt(bytes, start, end);
    const sender = this.senders[index];
    if (!ack || !sender) return;
    const sentAt = sender.sentAt[ack.id % RING] ?? 0;
    if (sentAt < this.since) return;
    sender.answered += 1;
    if (ack.isOk ?? saysOk(bytes.toString('utf8', start, end))) {
      this.acknowledged += 1;
      if (this.isTimed(sentAt)) this.ack.add(performance.now() - sentAt);
      this.events.onAck?.(index);
    } else {
      this.refused += 1;
      this.firstRefusal ??= bytes.toString('utf8', start, Math.min(end, start + 400));
      this.events.onRefusal?.(index);
    }
  }

  private delivered(index: number, bytes: Buffer, start: number, end: number): void {
    const marker = markerIn(bytes, start, end);
    const sentAt = (marker?.sentAt ?? 0) / 1_000;
    // The marker is rounded to the microsecond.
    if (!marker || sentAt < this.since - 0.001) return;
    this.deliveries += 1;
    this.bytes += end - start;
    this.order.see(index, marker.sender, marker.n);
    if (this.shape.isTimingReceivers && this.isTimed(sentAt)) this.receive.add(performance.now() - sentAt);
  }

  private isTimed(sentAt: number): boolean {
    return sentAt >= this.windowFrom && sentAt < this.windowTo;
  }

  unanswered(): number {
    return this.senders.reduce((sum, { sent, answered }) => sum + sent - answered, 0);
  }

  missing(): number {
    return this.acknowledged * this.shape.membersPerRoom - this.deliveries;
  }

  /** Until everything sent was answered and has arrived, a connection was lost, or time is up. */
  async drain(patienceMs: number): Promise<void> {
    const end = performance.now() + patienceMs;
    const { closed } = this.crowd;
    while ((this.unanswered() > 0 || this.missing() > 0) && performance.now() < end && this.crowd.closed === closed) await sleep(20);
  }
}

function saysOk(text: string): boolean {
  const packet = parsePacket(text);
  const answer = packet.kind === 'ack' ? packet.args[0] : undefined;
  return typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === true;
}
