import type { Recorder } from '../checks/recorder.ts';

/** Marks each tenant's texts, and knows them again where they must not be (G13). */
export class Canaries {
  private readonly marks = new Map<string, string>();
  private readonly recorder: Recorder;

  constructor(recorder: Recorder, tenantIds: readonly string[], secret: string) {
    this.recorder = recorder;
    for (const tenantId of tenantIds) this.marks.set(tenantId, `CANARY-${tenantId}-${secret}`);
  }

  of(tenantId: string): string {
    return this.marks.get(tenantId) ?? '';
  }

  /** Nothing of another tenant may be in what this one is given; `undefined`: of nobody, as in logs and metrics. */
  look(tenantId: string | undefined, text: string, where: string): void {
    if (!text.includes('CANARY-')) return;
    for (const [owner, canary] of this.marks)
      if (owner !== tenantId && text.includes(canary)) this.recorder.record({ kind: 'foreign', where, canary });
  }
}
