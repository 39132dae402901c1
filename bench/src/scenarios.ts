import type { Scenario } from './scenario.ts';
import { bigRoom } from './scenarios/big-room.ts';
import { coldStart } from './scenarios/cold-start.ts';
import { growth } from './scenarios/growth.ts';
import { idle } from './scenarios/idle.ts';
import { memory } from './scenarios/memory.ts';
import { clusterStorm, crossNode } from './scenarios/nodes.ts';
import { send } from './scenarios/send.ts';
import { steady } from './scenarios/steady.ts';
import { storm } from './scenarios/storm.ts';

/** Every scenario there is: one file and one row each. */
export const SCENARIOS: readonly Scenario[] = [send, steady, bigRoom, idle, storm, growth, memory, coldStart, crossNode, clusterStorm];
