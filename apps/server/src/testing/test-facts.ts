import type { Overview } from '@parley/protocol';
import { ServerFacts } from '../http/server-facts.js';

/** Facts of a server that stands on nothing. */
export class TestFacts extends ServerFacts {
  readonly version = '0.0.0-test';
  readonly profile = 'embedded';
  readonly startedAt = new Date();
  readonly schemaVersion = 'test';
  readonly nodeId = '01980000-0000-7000-8000-00000000000a';
  readonly publicUrl = undefined;
  isDraining = false;

  constructor(readonly metricsToken: string | undefined = undefined) {
    super();
  }

  override async health(): Promise<Overview['health']> {
    return { ready: true, checks: [{ name: 'database', ok: true }], durability: 'full' };
  }
}
