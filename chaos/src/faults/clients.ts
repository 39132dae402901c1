import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { until, usageOf } from '../server/processes.ts';
import type { Stage } from '../stage.ts';
import { must, possible, type Fault } from './fault.ts';
import { RawClient } from './raw-client.ts';

/** Enough to fill what the kernel takes for a connection, and then what the server may keep (1 MiB). */
const FLOOD_BYTES = 14_000_000;
const TEXT_LENGTH = 36_000;
const SPEAKERS = 3;
const SENDS_PER_SECOND = 12;
const SLOW_ROOM = 'slow';
/** What other clients may wait while one does not read, at the 99th percentile. */
const OTHERS_P99_MS = 2_500;
/** Of the server's memory: the bound per connection is 1 MiB, what is on its way is more, a heap grows in steps. */
const RSS_MORE_MIB = 200;
/** A closed transport waits up to 30 s for the other side's goodbye. */
const CLOSED_WITHIN_MS = 45_000;

const isOpenAtServer = (serverPort: number, localPort: number): boolean =>
  spawnSync('ss', ['-tnH', 'state', 'established', `( sport = :${serverPort} and dport = :${localPort} )`], {
    encoding: 'utf8',
  }).stdout.trim() !== '';

/** The speakers' members only, so that the flood meets the slow and few others. */
async function slowRoom({ population }: Stage): Promise<void> {
  const [api] = population.apis;
  if (!api) throw new Error('there is no tenant');
  const answer = await api.ask('GET', `/v1/rooms/${SLOW_ROOM}`);
  if (answer.status < 300) return;
  const speakers = population.people.filter((person) => person.api === api).slice(0, SPEAKERS);
  for (const one of population.apis) await one.createRoom(SLOW_ROOM, one === api ? speakers.map(({ userId }) => userId) : []);
  for (const { rooms } of speakers) rooms.set(SLOW_ROOM, 'in');
  population.addRoom(SLOW_ROOM);
}

async function flood(stage: Stage): Promise<void> {
  const { population, random } = stage;
  const speakers = population.people.filter(({ rooms }) => rooms.has(SLOW_ROOM));
  const filler = 'x'.repeat(TEXT_LENGTH);
  const sends: Promise<unknown>[] = [];
  for (let bytes = 0, count = 0; bytes < FLOOD_BYTES; bytes += TEXT_LENGTH, count += 1) {
    const person = speakers[count % speakers.length];
    if (!person) return;
    const clientMessageId = `flood-${count}-${random.int(0, 1e9)}`;
    const text = `${population.canaries.of(person.api.tenantId)} ${clientMessageId} ${filler}`;
    sends.push(person.speaker.say({ roomId: SLOW_ROOM, clientMessageId, text }, 'socket'));
    await sleep(1_000 / (SENDS_PER_SECOND * SPEAKERS));
  }
  const answers = await Promise.all(sends);
  must(answers.filter(Boolean).length > answers.length / 2, 'the flood was refused');
}

const slowConsumer: Fault = {
  code: 'F23',
  name: 'F23',
  title: 'clients stop reading: they are closed, memory stays bounded, the others do not notice',
  answersInTime: false,
  isQuick: false,
  whyNot: () => (spawnSync('ss', ['-V']).status === 0 ? undefined : 'needs ss (iproute2)'),
  async play(stage) {
    const { server, population } = stage;
    const [port = server.port] = server.serverPorts;
    await slowRoom(stage);
    const person = population.people.find(({ rooms }) => rooms.has(SLOW_ROOM));
    must(person !== undefined, 'nobody is in the room');
    const slow = await Promise.all([1, 2, 3].map(() => RawClient.join(port, person?.token ?? '')));
    const before = usageOf(server.pid)?.rssMiB ?? 0;
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, usageOf(server.pid)?.rssMiB ?? 0)), 200);
    const from = performance.now();
    try {
      for (const { socket } of slow) socket.pause();
      await flood(stage);
      await until('the server has closed who does not read', CLOSED_WITHIN_MS, () =>
        slow.every(({ socket }) => socket.localPort === undefined || !isOpenAtServer(port, socket.localPort)),
      );
    } finally {
      clearInterval(watch);
      for (const { socket } of slow) socket.destroy();
    }
    must(peak - before < RSS_MORE_MIB, `memory rose by ${peak - before} MiB`);
    const tooks = population.outcomes.filter(({ startedAt, result }) => startedAt > from && result === 'ok').map(({ tookMs }) => tookMs);
    const p99 = tooks.toSorted((a, b) => a - b)[Math.floor(tooks.length * 0.99)] ?? 0;
    must(p99 < OTHERS_P99_MS, `others waited ${Math.round(p99)} ms at the 99th percentile`);
    return performance.now();
  },
};

const DRIBBLE_MS = 500;
const EACH = 5;

/** How a stranger begins; then a byte comes now and then, until it is closed. */
interface Beginning {
  readonly what: string;
  readonly closedWithinMs: number;
  begin(client: RawClient): Promise<void> | void;
}

const BEGINNINGS: readonly Beginning[] = [
  {
    what: 'the headers of a request',
    closedWithinMs: 33_000,
    begin: (client) => void client.socket.write('GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: '),
  },
  {
    what: 'the body of a request',
    closedWithinMs: 33_000,
    begin: (client) =>
      void client.socket.write('POST /v1/tokens HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n'),
  },
  {
    what: 'a WebSocket frame',
    // Who joins no namespace is given up after 10 s; ws then waits 30 s for a goodbye before it lets the socket go.
    closedWithinMs: 43_000,
    begin: async (client) => {
      await client.upgrade();
      // A text frame of 60,000 bytes, announced.
      client.socket.write(Buffer.from([0x81, 0xfe, 0xea, 0x60, 0, 0, 0, 0]));
    },
  },
];

const slowSender: Fault = {
  code: 'F24',
  name: 'F24',
  title: 'strangers send drop by drop, headers, bodies and frames: closed within 30 s, the others do not notice',
  answersInTime: false,
  isQuick: false,
  whyNot: possible,
  async play({ server }) {
    const clients: { readonly beginning: Beginning; readonly client: RawClient }[] = [];
    const from = performance.now();
    for (const beginning of BEGINNINGS)
      for (let count = 0; count < EACH; count += 1) {
        const client = await RawClient.connect(server.port);
        await beginning.begin(client);
        clients.push({ beginning, client });
      }
    const drip = setInterval(() => clients.forEach(({ client }) => client.isClosed || client.socket.write('x')), DRIBBLE_MS);
    const late = new Set<string>();
    try {
      for (const { beginning, client } of clients.toSorted((a, b) => a.beginning.closedWithinMs - b.beginning.closedWithinMs)) {
        const left = beginning.closedWithinMs - (performance.now() - from);
        await until(beginning.what, Math.max(0, left), () => client.isClosed).catch(() => late.add(beginning.what));
      }
    } finally {
      clearInterval(drip);
      for (const { client } of clients) client.socket.destroy();
    }
    must(late.size === 0, `these still come drop by drop: ${[...late].join(', ')}`);
    return performance.now();
  },
};

/** What clients can do to a server. */
export const clientFaults: readonly Fault[] = [slowConsumer, slowSender];
