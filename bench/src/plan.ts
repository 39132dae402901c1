import type { Summary } from './samples.ts';

/** What the load process is told, and what it answers. JSON both ways. */
export interface LoadPlan {
  readonly host: string;
  readonly port: number;
  readonly namespace: string;
  /** `inFlight`: each sender keeps so many sends unacknowledged. `ratePerSecond`: all senders together send so many, whatever comes back. */
  readonly pace: { readonly inFlight: number } | { readonly ratePerSecond: number };
  readonly warmupSeconds: number;
  readonly seconds: number;
  readonly textBytes: number;
  readonly membersPerRoom: number;
  /** The first `senders` of them send. */
  readonly connections: readonly { readonly token: string; readonly roomId: string }[];
  readonly senders: number;
}

export interface LoadResult {
  readonly seconds: number;
  readonly acknowledged: number;
  readonly acknowledgedPerSecond: number;
  readonly deliveries: number;
  readonly deliveriesPerSecond: number;
  readonly bytesPerDelivery: number;
  /** Send until its ack, milliseconds. */
  readonly ack: Summary;
  /** Send until each receiver has it, milliseconds; measured in `steady` only, where the load generator is idle enough to tell. */
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

/** 20 rooms of 10 members, everybody connected; 50 of the 200 send texts of 200 bytes. */
export const SHAPE = { rooms: 20, membersPerRoom: 10, senders: 50, textBytes: 200, inFlight: 8, steadyPerSecond: 200 } as const;

export interface Seat {
  readonly userId: string;
  readonly roomId: string;
}

/** Who sits where: user i in room i mod 20, so that the senders (the first 50) spread evenly. */
export function seats(): readonly Seat[] {
  return Array.from({ length: SHAPE.rooms * SHAPE.membersPerRoom }, (_, index) => ({
    userId: `bench-u${index}`,
    roomId: `bench-r${index % SHAPE.rooms}`,
  }));
}
