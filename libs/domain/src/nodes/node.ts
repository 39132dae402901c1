/** What a process does: sockets and REST, repeated work, or both. */
export type NodeRole = 'all' | 'api' | 'worker';

/** What a node says of itself with each beat. */
export interface NodeReport {
  readonly connections: number;
  readonly messagesPerSecond: number;
  /** How late the event loop is in its latest moments: the median of several seconds' 99th percentiles. */
  readonly eventLoopDelayMs: number;
  readonly memoryBytes: number;
  readonly isReady: boolean;
  readonly isDraining: boolean;
  /** The link to Redis; `none` where there is none to have. */
  readonly redis: 'none' | 'up' | 'down';
}

/** Who a process is as long as it lives. */
export interface NodeIdentity {
  readonly id: string;
  readonly role: NodeRole;
  /** Of Parley. */
  readonly version: string;
  /** Where clients reach this very process; absent where only a load balancer is reached. */
  readonly url?: string;
  readonly startedAt: Date;
}

export interface Node extends NodeIdentity {
  readonly report: NodeReport;
  readonly beatAt: Date;
  /** It was heard of within the last 10 s. */
  readonly isAlive: boolean;
  /** An operator wants it emptied. */
  readonly isDrainWanted: boolean;
  /** A client could not reach it, and neither could the node it complained to, within the last 30 s. */
  readonly isSuspect: boolean;
}

/** A loop that is so late makes a node as busy as so many connections. */
const CONNECTIONS_PER_LATE_MS = 20;

/** Where new connections can go, the least loaded first. */
export function destinations(nodes: readonly Node[]): readonly Node[] {
  return nodes
    .filter(({ role, url, isAlive, isSuspect, isDrainWanted, report }) => {
      const isServing = role !== 'worker' && isAlive && report.isReady && !report.isDraining;
      return isServing && url !== undefined && !isSuspect && !isDrainWanted;
    })
    .sort((a, b) => loadOf(a) - loadOf(b) || (a.id < b.id ? -1 : 1));
}

const loadOf = ({ report }: Node): number => report.connections + report.eventLoopDelayMs * CONNECTIONS_PER_LATE_MS;
