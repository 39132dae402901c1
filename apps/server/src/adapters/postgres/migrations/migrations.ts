import { Initial1763700000001 } from './0001-initial.js';
import { Nodes1763800000002 } from './0002-nodes.js';
import { Presences1763800000003 } from './0003-presences.js';
import { NoCopiesInStatistics1763900000004 } from './0004-no-copies-in-statistics.js';

/** In order; expand/contract: the code before a migration also runs on the schema after it. */
export const MIGRATIONS = [Initial1763700000001, Nodes1763800000002, Presences1763800000003, NoCopiesInStatistics1763900000004] as const;
