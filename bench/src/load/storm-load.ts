import { setTimeout as sleep } from 'node:timers/promises';
import { CatchUp } from './catch-up.ts';
import { Crowd } from './crowd.ts';
import { Meter } from './meter.ts';
import type { StormPlan, StormResult } from './plan.ts';
import { Refusal } from './raw-socket.ts';
import { Samples } from './samples.ts';
import type { Stage } from './stage.ts';

/** Who is not back after so long does not come any more. */
const PATIENCE_MS = 120_000;
/** As socket.io-client comes again: after about 1 s, 2 s, 4 s, 5 s, 5 s, ..., half more or less by chance. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 5_000;

const REASONS = 5;

/** `storm`: everybody loses the connection at the same moment and comes back at once. */
export class StormLoad {
  private readonly plan: StormPlan;
  private readonly stage: Stage;
  private readonly crowd: Crowd;
  private readonly catchUp: CatchUp | undefined;
  private readonly back = new Samples();
  private readonly retriedFor = new Map<string, number>();
  private notBack = 0;

  constructor(plan: StormPlan, stage: Stage) {
    this.plan = plan;
    this.stage = stage;
    this.crowd = new Crowd(plan.address, plan.guests, {
      onPacket: (index, bytes, start, end) => this.catchUp?.packet(index, bytes, start, end),
      onReady: (index, told) => this.catchUp?.ready(index, told),
    });
    this.catchUp = plan.missedPerRoom > 0 ? new CatchUp(this.crowd, plan) : undefined;
  }

  async run(): Promise<StormResult> {
    try {
      await this.crowd.gather();
      await this.catchUp?.write();
      await this.stage.phase('measuring');
      const { closed } = this.crowd;
      const meter = new Meter();
      const from = performance.now();
      this.crowd.drop();
      await Promise.all(this.plan.guests.map((_, index) => this.comeBack(index, from)));
      const allBackMs = performance.now() - from;
      const loadCpuShare = meter.share();
      await this.stage.phase('measured');
      return { ...this.result(), allBackMs, closedConnections: this.crowd.closed - closed, loadCpuShare };
    } finally {
      this.crowd.drop();
    }
  }

  private async comeBack(index: number, from: number): Promise<void> {
    for (let wait = RETRY_MS; performance.now() - from < PATIENCE_MS; wait = Math.min(wait * 2, RETRY_MAX_MS)) {
      try {
        await this.crowd.connect(index, this.catchUp?.resumeOf(index));
        await this.catchUp?.complete(index);
        return this.back.add(performance.now() - from);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.retriedFor.set(why, (this.retriedFor.get(why) ?? 0) + 1);
        await sleep((error instanceof Refusal ? error.retryAfterMs : undefined) ?? wait * (0.5 + Math.random()));
      }
    }
    this.notBack += 1;
  }

  private result(): Omit<StormResult, 'allBackMs' | 'closedConnections' | 'loadCpuShare'> {
    const { crowd, retriedFor } = this;
    return {
      back: this.back.summary(),
      retries: [...retriedFor.values()].reduce((sum, count) => sum + count, 0),
      retriedFor: [...retriedFor].sort((a, b) => b[1] - a[1]).slice(0, REASONS),
      notBack: this.notBack,
      ...(this.catchUp?.account() ?? { replayed: 0, missing: 0, surplus: 0, synced: 0 }),
      ...(crowd.firstClose === undefined ? {} : { firstClose: crowd.firstClose }),
    };
  }
}
