import { Crowd } from './crowd.ts';
import type { IdlePlan, IdleResult } from './plan.ts';
import type { Stage } from './stage.ts';

/** `idle`: everybody connects and says nothing. */
export class IdleLoad {
  private readonly crowd: Crowd;
  private readonly warm: Crowd;
  private readonly stage: Stage;

  constructor(plan: IdlePlan, stage: Stage) {
    this.stage = stage;
    this.warm = new Crowd(plan.address, plan.guests.slice(0, plan.warmUp), {});
    this.crowd = new Crowd(plan.address, plan.guests, {});
  }

  async run(): Promise<IdleResult> {
    try {
      // Code and pools that the first connections bring into memory are not the connections' own.
      await this.warm.gather();
      this.warm.drop();
      await this.stage.phase('measuring');
      const from = performance.now();
      await this.crowd.gather();
      const connectedMs = performance.now() - from;
      await this.stage.phase('connected');
      const { closed: closedConnections, firstClose } = this.crowd;
      this.crowd.drop();
      await this.stage.phase('dropped');
      return { connectedMs, closedConnections, ...(firstClose === undefined ? {} : { firstClose }) };
    } finally {
      this.crowd.drop();
    }
  }
}
