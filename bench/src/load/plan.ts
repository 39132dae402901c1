import type { Guest } from './crowd.ts';
import type { Address } from './raw-socket.ts';
import type { Summary } from './samples.ts';
import type { Search } from './search.ts';

/** What a load process is told, and what it answers, by kind of load. JSON both ways. */
export interface Loads {
  readonly paced: { readonly plan: PacedPlan; readonly result: PacedResult };
  readonly 'big-room': { readonly plan: BigRoomPlan; readonly result: BigRoomResult };
  readonly idle: { readonly plan: IdlePlan; readonly result: IdleResult };
  readonly storm: { readonly plan: StormPlan; readonly result: StormResult };
}
export type LoadKind = keyof Loads;

interface Plan {
  readonly address: Address;
  readonly guests: readonly Guest[];
}

export interface PacedPlan extends Plan {
  /** `inFlight`: each sender keeps so many sends unacknowledged. `ratePerSecond`: all senders together send so many, whatever comes back. */
  readonly pace: { readonly inFlight: number } | { readonly ratePerSecond: number };
  readonly warmupSeconds: number;
  readonly seconds: number;
  readonly textBytes: number;
  readonly membersPerRoom: number;
  /** The first so many guests send. */
  readonly senders: number;
}

export interface PacedResult {
  readonly seconds: number;
  readonly acknowledged: number;
  readonly acknowledgedPerSecond: number;
  readonly deliveries: number;
  readonly deliveriesPerSecond: number;
  readonly bytesPerDelivery: number;
  /** Send until its ack, milliseconds, of messages sent while measuring. */
  readonly ack: Summary;
  /** Send until each receiver has it, milliseconds; with a rate only, where the load generator is idle enough to tell. */
  readonly receive?: Summary;
  /** Over the whole run, after the drain. */
  readonly refused: number;
  readonly firstRefusal?: string;
  readonly unanswered: number;
  readonly missingDeliveries: number;
  readonly reordered: number;
  readonly repeated: number;
  readonly closedConnections: number;
  readonly firstClose?: string;
  /** CPU time of the load process over wall time while measuring: near 1 means the generator was the limit. */
  readonly loadCpuShare: number;
}

export interface BigRoomPlan extends Plan {
  readonly search: Search;
  /** A step with a higher 99th percentile of receiving has failed. */
  readonly receiveP99Ms: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  readonly textBytes: number;
  readonly senders: number;
}

export interface RoomStep {
  readonly rate: number;
  readonly receive: Summary;
  readonly ack: Summary;
  readonly refused: number;
  readonly unanswered: number;
  readonly missingDeliveries: number;
  readonly closedConnections: number;
  readonly loadCpuShare: number;
  /** Absent when the rate held. */
  readonly failedBy?: string;
}

export interface BigRoomResult {
  /** The highest that held; 0 when none did. */
  readonly ratePerSecond: number;
  readonly steps: readonly RoomStep[];
}

export interface IdlePlan extends Plan {
  /** So many connect and leave again before anything is measured. */
  readonly warmUp: number;
}

export interface IdleResult {
  readonly connectedMs: number;
  readonly closedConnections: number;
  readonly firstClose?: string;
}

export interface StormPlan extends Plan {
  /** Written to each room after the positions that clients come back with; 0 = the server keeps no messages: plain reconnect. */
  readonly missedPerRoom: number;
  readonly textBytes: number;
}

export interface StormResult {
  /** From the drop until everybody was back and whole, milliseconds. */
  readonly allBackMs: number;
  /** The same per client. */
  readonly back: Summary;
  /** Attempts that the server refused or cut; the client came again. */
  readonly retries: number;
  /** Why, most frequent first. */
  readonly retriedFor: readonly (readonly [why: string, count: number])[];
  readonly notBack: number;
  /** Events of the differences, all clients together: how many came too few, and too many. */
  readonly replayed: number;
  readonly missing: number;
  readonly surplus: number;
  /** Clients for whom the handshake did not replay everything, so that they called `sync`. */
  readonly synced: number;
  readonly closedConnections: number;
  readonly firstClose?: string;
  readonly loadCpuShare: number;
}
