import type { EntityManager } from 'typeorm';
import type { Run } from '../postgres/side-effects.js';

/** What a section works with: the transaction's manager, plain statements on it, and whose rows it sees. */
export interface Tx {
  readonly manager: EntityManager;
  readonly run: Run;
  /** '' on the platform. */
  readonly tenantId: string;
}
