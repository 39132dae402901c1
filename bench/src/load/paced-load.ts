import { setTimeout as sleep } from 'node:timers/promises';
import { Crowd } from './crowd.ts';
import { Meter } from './meter.ts';
import type { PacedPlan, PacedResult } from './plan.ts';
import type { Stage } from './stage.ts';
import { Traffic } from './traffic.ts';

const RETRY_AFTER_REFUSAL_MS = 20;
const DRAIN_MS = 10_000;

/** `send` and `steady`: warm-up, measurement, drain. */
export class PacedLoad {
  private readonly plan: PacedPlan;
  private readonly stage: Stage;
  private readonly crowd: Crowd;
  private readonly traffic: Traffic;
  private isSending = false;

  constructor(plan: PacedPlan, stage: Stage) {
    this.plan = plan;
    this.stage = stage;
    this.crowd = new Crowd(plan.address, plan.guests, {
      onPacket: (index, bytes, start, end) => this.traffic.packet(index, bytes, start, end),
    });
    const isClosedLoop = 'inFlight' in plan.pace;
    const events = { onAck: (index: number) => this.goOn(index), onRefusal: (index: number) => this.goOnLater(index) };
    // Receivers are timed where the load generator is idle enough to tell.
    this.traffic = new Traffic(
      this.crowd,
      { ...plan, namespace: plan.address.namespace, isTimingReceivers: !isClosedLoop },
      isClosedLoop ? events : {},
    );
  }

  async run(): Promise<PacedResult> {
    try {
      await this.crowd.gather();
      this.isSending = true;
      const sending = this.startSending();
      await sleep(this.plan.warmupSeconds * 1_000);
      await this.stage.phase('measuring');
      const { traffic } = this;
      const before = { acknowledged: traffic.acknowledged, deliveries: traffic.deliveries, bytes: traffic.bytes };
      const meter = new Meter();
      traffic.startTiming();
      await sleep(this.plan.seconds * 1_000);
      traffic.stopTiming();
      const measured = {
        seconds: meter.seconds(),
        acknowledged: traffic.acknowledged - before.acknowledged,
        deliveries: traffic.deliveries - before.deliveries,
        bytes: traffic.bytes - before.bytes,
        loadCpuShare: meter.share(),
      };
      await this.stage.phase('measured');
      this.isSending = false;
      await sending;
      await traffic.drain(DRAIN_MS);
      return this.result(measured);
    } finally {
      this.crowd.drop();
    }
  }

  private startSending(): Promise<void> {
    const { pace, senders } = this.plan;
    if ('ratePerSecond' in pace) return this.traffic.sendSteadily(pace.ratePerSecond, () => this.isSending);
    for (let index = 0; index < senders; index += 1) {
      this.crowd.at(index)?.batch(() => {
        for (let count = 0; count < pace.inFlight; count += 1) this.traffic.send(index);
      });
    }
    return Promise.resolve();
  }

  private goOn(index: number): void {
    if (this.isSending) this.traffic.send(index);
  }

  private goOnLater(index: number): void {
    setTimeout(() => this.goOn(index), RETRY_AFTER_REFUSAL_MS);
  }

  private result({ seconds, acknowledged, deliveries, bytes, loadCpuShare }: Measured): PacedResult {
    const { traffic, crowd } = this;
    return {
      seconds,
      acknowledged,
      acknowledgedPerSecond: acknowledged / seconds,
      deliveries,
      deliveriesPerSecond: deliveries / seconds,
      bytesPerDelivery: bytes / Math.max(1, deliveries),
      ack: traffic.ack.summary(),
      ...('inFlight' in this.plan.pace ? {} : { receive: traffic.receive.summary() }),
      refused: traffic.refused,
      ...(traffic.firstRefusal === undefined ? {} : { firstRefusal: traffic.firstRefusal }),
      unanswered: traffic.unanswered(),
      missingDeliveries: traffic.missing(),
      reordered: traffic.order.reordered,
      repeated: traffic.order.repeated,
      closedConnections: crowd.closed,
      ...(crowd.firstClose === undefined ? {} : { firstClose: crowd.firstClose }),
      loadCpuShare,
    };
  }
}

interface Measured {
  readonly seconds: number;
  readonly acknowledged: number;
  readonly deliveries: number;
  readonly bytes: number;
  readonly loadCpuShare: number;
}
