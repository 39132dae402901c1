import { clientFaults } from './clients.ts';
import { clusterFaults } from './cluster.ts';
import { databaseFaults } from './database.ts';
import { diskFaults } from './disk.ts';
import type { Fault } from './fault.ts';
import { lineFaults } from './line.ts';
import type { OwnStageFault } from './own-stage.ts';
import { serverFaults } from './server.ts';
import { standbyFaults } from './standby.ts';

/** Faults that are played on the one stage. */
export const FAULTS: readonly Fault[] = [...serverFaults, ...databaseFaults, ...lineFaults, ...clientFaults];
/** Of those above, what a cluster behind its load balancer has to bear too. */
const SHARED: ReadonlySet<string> = new Set(['F4', 'F5', 'F8', 'F9', 'F19', 'F20', 'F21', 'F22', 'F23', 'F26', 'F30']);
/** Faults that are played on a cluster. */
export const CLUSTER_FAULTS: readonly Fault[] = [...clusterFaults, ...FAULTS.filter(({ code }) => SHARED.has(code))];
/** Faults that bring a server of their own. */
export const OWN_STAGE_FAULTS: readonly OwnStageFault[] = [...diskFaults, ...standbyFaults];
