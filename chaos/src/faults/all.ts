import { clientFaults } from './clients.ts';
import { databaseFaults } from './database.ts';
import { diskFaults } from './disk.ts';
import type { Fault } from './fault.ts';
import { lineFaults } from './line.ts';
import type { OwnStageFault } from './own-stage.ts';
import { serverFaults } from './server.ts';
import { standbyFaults } from './standby.ts';

/** Faults that are played on the one stage. */
export const FAULTS: readonly Fault[] = [...serverFaults, ...databaseFaults, ...lineFaults, ...clientFaults];
/** Faults that bring a server of their own. */
export const OWN_STAGE_FAULTS: readonly OwnStageFault[] = [...diskFaults, ...standbyFaults];
