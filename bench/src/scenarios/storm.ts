import { withBout, type Bout } from '../bout.ts';
import type { Guest } from '../load/crowd.ts';
import type { StormResult } from '../load/plan.ts';
import type { Options } from '../options.ts';
import type { Place } from '../parley.ts';
import { listenOverflows } from '../proc.ts';
import type { Column } from '../report.ts';
import { scenario, targetOf } from '../scenario.ts';

const CONNECTIONS = 5_000;
const ROOMS_PER_USER = 3;
const MEMBERS_PER_ROOM = 50;
const MISSED_PER_ROOM = 5;
const TEXT_BYTES = 200;
/** A storm that does not end says nothing: the load's own patience, twice. */
const SILENCE_MS = 240_000;

export interface Storm extends StormResult {
  readonly server: number;
  readonly postgres: number;
  /** Connections that met a full accept queue: the kernel drops them, and the client's kernel tries again after 1 s, 3 s, ... */
  readonly listenOverflows: number;
}

export const stormShape = ({ connections = CONNECTIONS }: Options) => ({
  connections,
  roomsPerUser: ROOMS_PER_USER,
  membersPerRoom: MEMBERS_PER_ROOM,
  missedPerRoom: MISSED_PER_ROOM,
  textBytes: TEXT_BYTES,
});

/** Nothing when somebody never came back. */
const allBack = (r: Storm): number => (r.notBack > 0 ? NaN : r.allBackMs);

/** Each user in three rooms that share no more neighbours than they must. */
export function stormPlaces(connections: number): readonly Place[] {
  const rooms = Math.max(ROOMS_PER_USER, Math.ceil((connections * ROOMS_PER_USER) / MEMBERS_PER_ROOM));
  const perKind = Math.ceil(rooms / ROOMS_PER_USER);
  return Array.from({ length: connections }, (_, index) => ({
    userId: `bench-u${index}`,
    rooms: [index, Math.floor(index / perKind), Math.floor((index * 7) / 3)].map((seed, kind) => `bench-r${kind}-${seed % perKind}`),
  }));
}

export const STORM_COLUMNS: readonly Column<Storm>[] = [
  ['all back ms', allBack, 0],
  ['client p50 ms', (r) => r.back.p50, 0],
  ['client p99 ms', (r) => r.back.p99, 0],
  ['retries', (r) => r.retries, 0],
  ['not back', (r) => r.notBack, 0],
  ['replayed', (r) => r.replayed, 0],
  ['missing', (r) => r.missing, 0],
  ['surplus', (r) => r.surplus, 0],
  ['by sync', (r) => r.synced, 0],
  ['closed', (r) => r.closedConnections, 0],
  ['queue full', (r) => r.listenOverflows, 0],
  ['server CPU %', (r) => r.server * 100, 0],
  ['postgres CPU %', (r) => r.postgres * 100, 0],
  ['load CPU %', (r) => r.loadCpuShare * 100, 0],
];

export const stormNotes = (r: Storm): readonly (string | undefined)[] => [
  ...r.retriedFor.map(([why, count]) => `${count} came again after ${why}`),
  r.firstClose,
];

/** `keeps`: the server has what was missed. */
export async function stormOf(bout: Bout, guests: readonly Guest[], keeps: boolean): Promise<Storm> {
  const before = listenOverflows();
  const plan = { address: bout.address, guests, missedPerRoom: keeps ? MISSED_PER_ROOM : 0, textBytes: TEXT_BYTES };
  const { result, windows } = await bout.load('storm', plan, { silenceMs: SILENCE_MS });
  const { server = NaN, postgres = NaN } = windows.at(-1) ?? {};
  return { ...result, server, postgres, listenOverflows: listenOverflows() - before };
}

/**
 * Everybody is dropped at once and comes back at once: to Parley with positions (`auth.resume`), until each client has
 * the difference of each of its rooms; to the others, which keep nothing to ask for, until each is connected again.
 */
export const storm = scenario<Storm>({
  name: 'storm',
  targets: ['parley', 'bare'],
  shape: stormShape,
  columns: STORM_COLUMNS,
  compared: [
    { what: 'all back', value: allBack },
    { what: 'client p99', value: (r) => r.back.p99 },
  ],
  notes: stormNotes,
  once: (call) => {
    const { connections } = stormShape(call.options);
    const target = targetOf(call);
    return withBout(call, target, { prepare: (running) => running.seat(stormPlaces(connections)) }, (bout, guests) =>
      stormOf(bout, guests, target === 'parley'),
    );
  },
});
