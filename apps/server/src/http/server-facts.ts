import type { Overview } from '@parley/protocol';

/** What this process knows of itself and of what it stands on. */
export abstract class ServerFacts {
  abstract readonly version: string;
  abstract readonly profile: string;
  abstract readonly startedAt: Date;
  abstract readonly schemaVersion: string;
  /** This process among others. */
  abstract readonly nodeId: string;
  abstract readonly publicUrl: string | undefined;
  abstract readonly metricsToken: string | undefined;
  /** Nobody is taken in any more, though everything works. */
  abstract isDraining: boolean;
  abstract health(): Promise<Overview['health']>;
}
