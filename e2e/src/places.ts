import { Cluster, whyNoRedis } from './cluster.ts';
import { ParleyServer, type FirstRun } from './server.ts';

/** Where a spec runs that knows an address and credentials only. */
export interface Place {
  readonly url: string;
  readonly firstRun: FirstRun;
  dispose(): Promise<unknown>;
}

interface PlaceKind {
  readonly name: string;
  start(): Promise<Place>;
}

const cluster: PlaceKind = { name: 'a cluster behind its load balancer', start: () => Cluster.start() };
const missing = whyNoRedis();
if (missing !== undefined) process.stderr.write(`${cluster.name}: NOT tried: ${missing}\n`);

/** The embedded server; and the same build as several processes. */
export const PLACES: readonly PlaceKind[] = [
  { name: 'the embedded server', start: () => ParleyServer.start() },
  ...(missing === undefined ? [cluster] : []),
];
