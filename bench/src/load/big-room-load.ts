import { setTimeout as sleep } from 'node:timers/promises';
import { Crowd } from './crowd.ts';
import { Meter } from './meter.ts';
import type { BigRoomPlan, BigRoomResult, RoomStep } from './plan.ts';
import { highestRate } from './search.ts';
import type { Stage } from './stage.ts';
import { Traffic } from './traffic.ts';

const DRAIN_MS = 5_000;
/** After a rate that was too much: until nothing arrives for so long, within so long. */
const QUIET_MS = 300;
const CALM_MS = 20_000;

/** `big-room`: which rate of messages to one crowded room still arrives in time everywhere. */
export class BigRoomLoad {
  private readonly plan: BigRoomPlan;
  private readonly stage: Stage;
  private readonly crowd: Crowd;
  private readonly traffic: Traffic;
  private readonly steps: RoomStep[] = [];
  private lastPacketAt = 0;

  constructor(plan: BigRoomPlan, stage: Stage) {
    this.plan = plan;
    this.stage = stage;
    this.crowd = new Crowd(plan.address, plan.guests, {
      onPacket: (index, bytes, start, end) => {
        this.lastPacketAt = performance.now();
        this.traffic.packet(index, bytes, start, end);
      },
    });
    this.traffic = new Traffic(this.crowd, {
      ...plan,
      namespace: plan.address.namespace,
      membersPerRoom: plan.guests.length,
      isTimingReceivers: true,
    });
  }

  async run(): Promise<BigRoomResult> {
    try {
      await this.crowd.gather();
      const ratePerSecond = await highestRate(this.plan.search, (rate) => this.holds(rate));
      return { ratePerSecond, steps: this.steps };
    } finally {
      this.crowd.drop();
    }
  }

  /** A rate that failed gets a second chance: what a neighbour on the machine did is not the server's. */
  private async holds(rate: number): Promise<boolean> {
    return (await this.step(rate)) || this.step(rate);
  }

  private async step(rate: number): Promise<boolean> {
    const { traffic, crowd, plan } = this;
    await this.calm();
    traffic.restart();
    const closedBefore = crowd.closed;
    let isSending = true;
    const sending = traffic.sendSteadily(rate, () => isSending);
    await sleep(plan.warmupSeconds * 1_000);
    await this.stage.phase('measuring');
    const meter = new Meter();
    traffic.startTiming();
    await sleep(plan.seconds * 1_000);
    traffic.stopTiming();
    const loadCpuShare = meter.share();
    await this.stage.phase('measured');
    isSending = false;
    await sending;
    await traffic.drain(DRAIN_MS);
    const step = {
      rate,
      receive: traffic.receive.summary(),
      ack: traffic.ack.summary(),
      refused: traffic.refused,
      unanswered: traffic.unanswered(),
      missingDeliveries: traffic.missing(),
      closedConnections: crowd.closed - closedBefore,
      loadCpuShare,
    };
    const why = whyFailed(step, plan.receiveP99Ms) ?? crowdTrouble(crowd, closedBefore);
    this.steps.push(why === undefined ? step : { ...step, failedBy: why });
    return why === undefined;
  }

  /** Everybody is there, and nothing of an earlier step is under way. */
  private async calm(): Promise<void> {
    const end = performance.now() + CALM_MS;
    while (performance.now() - this.lastPacketAt < QUIET_MS && performance.now() < end) await sleep(20);
    await this.crowd.gather();
  }
}

function whyFailed(step: RoomStep, receiveP99Ms: number): string | undefined {
  if (step.refused > 0) return 'refused';
  if (step.unanswered > 0) return 'unanswered';
  if (step.missingDeliveries > 0) return 'missing';
  return step.receive.p99 < receiveP99Ms ? undefined : 'late';
}

const crowdTrouble = (crowd: Crowd, closedBefore: number): string | undefined =>
  crowd.closed > closedBefore ? `closed: ${crowd.firstClose ?? ''}` : undefined;
