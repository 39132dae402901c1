import type { Fault } from './fault.ts';

export const clientFaults: readonly Fault[] = [];
