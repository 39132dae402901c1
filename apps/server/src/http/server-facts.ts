import type { Overview } from '@parley/protocol';

/** What this process knows of itself and of what it stands on. */
export abstract class ServerFacts {
  abstract readonly version: string;
  abstract readonly profile: string;
  abstract readonly startedAt: Date;
  abstract readonly schemaVersion: string;
  abstract readonly metricsToken: string | undefined;
  abstract health(): Promise<Overview['health']>;
}
