import type { Bout } from '../bout.ts';
import type { CpuWindow } from '../load-process.ts';
import type { Guest } from '../load/crowd.ts';
import type { PacedPlan, PacedResult } from '../load/plan.ts';
import type { Place } from '../parley.ts';
import { peakRssKbOf } from '../proc.ts';
import type { Column } from '../report.ts';

/** What `send`, `steady` and their relatives share: 20 rooms of 10 members, everybody connected; 50 of the 200 send texts of 200 bytes. */
export const SHAPE = { rooms: 20, membersPerRoom: 10, senders: 50, textBytes: 200, inFlight: 8, steadyPerSecond: 200 } as const;

export const SEND: PacedPlan['pace'] = { inFlight: SHAPE.inFlight };
export const STEADY: PacedPlan['pace'] = { ratePerSecond: SHAPE.steadyPerSecond };

/** At a fixed rate, far below what the server can, its compiler has seen enough only after many seconds. */
const WARMUP_SECONDS = { asFastAsItGoes: 2, fixedRate: 10 };

/** User i in room i mod 20, so that the senders (the first 50) spread evenly. */
export const places = (): readonly Place[] =>
  Array.from({ length: SHAPE.rooms * SHAPE.membersPerRoom }, (_, index) => ({
    userId: `bench-u${index}`,
    rooms: [`bench-r${index % SHAPE.rooms}`],
  }));

export interface Paced extends PacedResult {
  readonly cpu: Pick<CpuWindow, 'server' | 'postgres'>;
  /** The most the server's own processes held so far. */
  readonly serverPeakKb: number;
}

export interface PacedCall {
  readonly pace: PacedPlan['pace'];
  readonly seconds: number;
  readonly warmupSeconds?: number;
}

/** One load on a server with everybody seated. */
export async function paced(bout: Bout, guests: readonly Guest[], { pace, seconds, warmupSeconds }: PacedCall): Promise<Paced> {
  const { rooms: _rooms, inFlight: _inFlight, steadyPerSecond: _steady, ...shape } = SHAPE;
  const warmup = warmupSeconds ?? Math.min('inFlight' in pace ? WARMUP_SECONDS.asFastAsItGoes : WARMUP_SECONDS.fixedRate, seconds);
  const plan = { ...shape, address: bout.address, guests, pace, seconds, warmupSeconds: warmup };
  const silenceMs = (seconds + 90) * 1_000;
  const { result, windows } = await bout.load('paced', plan, { silenceMs });
  const { server = NaN, postgres = NaN } = windows.at(-1) ?? {};
  return { ...result, cpu: { server, postgres }, serverPeakKb: peakRssKbOf(bout.running.pids().server) };
}

const COMMON: readonly Column<Paced>[] = [
  ['acked/s', (r) => r.acknowledgedPerSecond, 0],
  ['deliveries/s', (r) => r.deliveriesPerSecond, 0],
  ['ack p50 ms', (r) => r.ack.p50],
  ['ack p99 ms', (r) => r.ack.p99],
  ['ack max ms', (r) => r.ack.max],
];
const RECEIVE: readonly Column<Paced>[] = [
  ['recv p50 ms', (r) => r.receive?.p50 ?? NaN],
  ['recv p99 ms', (r) => r.receive?.p99 ?? NaN],
  ['recv max ms', (r) => r.receive?.max ?? NaN],
];
const HEALTH: readonly Column<Paced>[] = [
  ['reordered', (r) => r.reordered, 0],
  ['missing', (r) => r.missingDeliveries, 0],
  ['refused', (r) => r.refused, 0],
  ['unanswered', (r) => r.unanswered, 0],
  ['closed', (r) => r.closedConnections, 0],
  ['B/delivery', (r) => r.bytesPerDelivery, 0],
  ['server CPU %', (r) => r.cpu.server * 100, 0],
  ['postgres CPU %', (r) => r.cpu.postgres * 100, 0],
  ['load CPU %', (r) => r.loadCpuShare * 100, 0],
  ['server peak MiB', (r) => r.serverPeakKb / 1_024, 0],
];

export const SEND_COLUMNS = [...COMMON, ...HEALTH];
export const STEADY_COLUMNS = [...COMMON, ...RECEIVE, ...HEALTH];
export const pacedNotes = (r: PacedResult): readonly (string | undefined)[] => [r.firstRefusal, r.firstClose];

/** Whether everything sent was answered once and arrived everywhere, in order. */
export const isHealthy = (r: PacedResult): boolean =>
  r.missingDeliveries === 0 && r.refused === 0 && r.unanswered === 0 && r.closedConnections === 0;
