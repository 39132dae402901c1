import { clientFaults } from './clients.ts';
import { databaseFaults } from './database.ts';
import type { Fault } from './fault.ts';
import { lineFaults } from './line.ts';
import { serverFaults } from './server.ts';

/** Faults that are played on the one stage; those that need a stage of their own are in `own-stage.ts`. */
export const FAULTS: readonly Fault[] = [...serverFaults, ...databaseFaults, ...lineFaults, ...clientFaults];
