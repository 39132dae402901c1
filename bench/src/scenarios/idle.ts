import { setTimeout as sleep } from 'node:timers/promises';
import { withBout, type Bout } from '../bout.ts';
import { HEAP_FLAGS, HeapProbe, type Heap } from '../heap.ts';
import type { Guest } from '../load/crowd.ts';
import type { IdleResult } from '../load/plan.ts';
import type { Options } from '../options.ts';
import { cpuSecondsOf, memoryOf, type MemoryKb } from '../proc.ts';
import { scenario, targetOf } from '../scenario.ts';
import type { Running } from '../targets.ts';

const CONNECTIONS = 5_000;
const MEMBERS_PER_ROOM = 50;
const WARM_UP = 200;
/** Long enough for V8 to collect what connecting left behind, and for a heartbeat or two. */
const REST_MS = 30_000;

interface Idle extends IdleResult {
  readonly connections: number;
  readonly before: Memory;
  readonly connected: Memory;
  /** Collected, with everybody connected and with everybody gone. */
  readonly heap: { readonly connected: Heap; readonly gone: Heap };
  /** CPU time over wall time while everybody rests. */
  readonly server: number;
  readonly postgres: number;
}

interface Memory {
  readonly server: MemoryKb;
  readonly postgres: MemoryKb;
}

const shape = ({ connections = CONNECTIONS }: Options) => ({
  connections,
  membersPerRoom: MEMBERS_PER_ROOM,
  warmUp: Math.min(WARM_UP, connections),
  restSeconds: REST_MS / 1_000,
});

const each = (r: Idle, of: (memory: Memory) => number): number => (of(r.connected) - of(r.before)) / r.connections;
const heapEach = (r: Idle, of: (heap: Heap) => number): number => (of(r.heap.connected) - of(r.heap.gone)) / r.connections / 1_024;

/** Connections that say nothing: what each of them costs. */
export const idle = scenario<Idle>({
  name: 'idle',
  targets: ['parley', 'bare'],
  shape,
  columns: [
    ['RSS kB/conn', (r) => each(r, ({ server }) => server.rss), 1],
    ['PSS kB/conn', (r) => each(r, ({ server }) => server.pss), 1],
    ['heap kB/conn', (r) => heapEach(r, ({ used }) => used), 1],
    ['buffers kB/conn', (r) => heapEach(r, ({ buffers }) => buffers), 1],
    ['before MiB', (r) => r.before.server.rss / 1_024, 0],
    ['connected MiB', (r) => r.connected.server.rss / 1_024, 0],
    ['postgres PSS before', (r) => r.before.postgres.pss / 1_024, 0],
    ['postgres PSS MiB', (r) => r.connected.postgres.pss / 1_024, 0],
    ['connecting ms', (r) => r.connectedMs, 0],
    ['closed', (r) => r.closedConnections, 0],
    ['server CPU %', (r) => r.server * 100, 1],
    ['postgres CPU %', (r) => r.postgres * 100, 1],
  ],
  compared: [
    { what: 'RSS per connection', value: (r) => each(r, ({ server }) => server.rss) },
    { what: 'heap per connection', value: (r) => heapEach(r, ({ used }) => used) },
  ],
  notes: (r) => [r.firstClose],
  once: (call) => {
    const { connections, warmUp } = shape(call.options);
    const places = Array.from({ length: connections }, (_, index) => ({
      userId: `bench-u${index}`,
      rooms: [`bench-r${Math.floor(index / MEMBERS_PER_ROOM)}`],
    }));
    const options = { nodeFlags: HEAP_FLAGS, isRestarted: true, prepare: (running: Running) => running.seat(places) };
    return withBout(call, targetOf(call), options, (bout, guests) => measured(bout, guests, warmUp));
  },
});

async function measured(bout: Bout, guests: readonly Guest[], warmUp: number): Promise<Idle> {
  const watch = new Watch(bout.running);
  const { result } = await bout.load(
    'idle',
    { address: bout.address, guests, warmUp },
    {
      onPhase: async (phase) => {
        if (phase === 'measuring') await watch.before();
        if (phase === 'connected') await watch.connected();
        if (phase === 'dropped') await watch.gone();
      },
    },
  );
  return { ...result, connections: guests.length, ...watch.found() };
}

/** Reads the server's memory at the phases of the load. */
class Watch {
  private readonly running: Running;
  private atRest: Memory | undefined;
  private full: Memory | undefined;
  private shares = { server: NaN, postgres: NaN };
  private probe: HeapProbe | undefined;
  private fullHeap: Heap | undefined;
  private goneHeap: Heap | undefined;

  constructor(running: Running) {
    this.running = running;
  }

  async before(): Promise<void> {
    await sleep(REST_MS);
    this.atRest = this.memory();
  }

  async connected(): Promise<void> {
    const { server, postgres } = this.running.pids();
    const cpu = [cpuSecondsOf(server), cpuSecondsOf(postgres)] as const;
    const from = performance.now();
    await sleep(REST_MS);
    const seconds = (performance.now() - from) / 1_000;
    this.shares = { server: (cpuSecondsOf(server) - cpu[0]) / seconds, postgres: (cpuSecondsOf(postgres) - cpu[1]) / seconds };
    this.full = this.memory();
    this.probe = await HeapProbe.open(this.running.child);
    this.fullHeap = await this.probe.collected();
  }

  async gone(): Promise<void> {
    // The server learns of thousands of closed connections one after the other, and says so by its figures.
    await sleep(REST_MS / 3);
    this.goneHeap = await this.probe?.collected();
    this.probe?.close();
  }

  found(): Pick<Idle, 'before' | 'connected' | 'heap' | 'server' | 'postgres'> {
    const { atRest, full, fullHeap, goneHeap } = this;
    if (!atRest || !full || !fullHeap || !goneHeap) throw new Error('the load ended before memory was read');
    return { before: atRest, connected: full, heap: { connected: fullHeap, gone: goneHeap }, ...this.shares };
  }

  private memory(): Memory {
    const { server, postgres } = this.running.pids();
    return { server: memoryOf(server), postgres: memoryOf(postgres) };
  }
}
