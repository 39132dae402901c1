import type { ProcessOptions } from './parley-process.ts';

/** What a stage stands on: one server, or a cluster behind its load balancer. */
export interface Target {
  /** Where clients come to. */
  readonly url: string;
  readonly port: number;
  /** Ports on which servers take connections, the load balancer's not among them. */
  readonly serverPorts: readonly number[];
  /** Whose figures are read. */
  readonly urls: readonly string[];
  /** PostgreSQL's data is in its folder `postgres`. */
  readonly dataDirectory: string;
  readonly postmaster: number;
  readonly operatorToken: string;
  /** The process that is stopped, starved and measured; of a cluster the first server. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** Servers that connect to PostgreSQL. */
  readonly pools: number;
  /** How often it was started. */
  readonly lives: number;
  /** The signal or code its last life ended with; of a cluster the first server's. */
  readonly endedBy: string | undefined;
  /** What was printed lately, for the explanation of a failure. */
  readonly lastOutput: string;
  /** Everything that servers print, as it comes. */
  onOutput: (text: string) => void;
  start(more?: ProcessOptions): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  killAll(): Promise<void>;
  untilExit(timeoutMs: number): Promise<void>;
}
