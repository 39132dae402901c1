import { DomainError } from '@parley/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import type { FakeNet } from './testing/fake-connection.js';
import { dice } from './testing/dice.js';
import { quiet } from './testing/manual-timers.js';
import { replayed, runs } from './testing/runs.js';
import { scheduledTimers, settle } from './testing/story-timers.js';
import { type Device, type RoomName, ROOMS, Town, type TownOptions } from './testing/town.js';
import { expectTrueLists, expectTruth } from './testing/town-truth.js';

interface Story {
  readonly town: Town;
}

/** One thing that happens; the scheduler decides when, among all packets, answers and timers under way. */
class Happening implements fc.AsyncCommand<object, Story> {
  constructor(
    private readonly what: string,
    private readonly act: (town: Town) => unknown,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_: object, { town }: Story): Promise<void> {
    await this.act(town);
  }

  toString(): string {
    return this.what;
  }
}

const room = fc.constantFrom(...ROOMS);
const device = fc.constantFrom(0, 1);
const deviceOf = ({ devices }: Town, index: number): Device => devices[index % devices.length] as Device;
const REFUSALS = [new DomainError('muted'), new DomainError('rate-limited', { retryAfterMs: 500 }), new DomainError('unavailable')];

const inRoom = (what: string, act: (town: Town, roomId: RoomName) => unknown): fc.Arbitrary<Happening> =>
  room.map((roomId) => new Happening(`${what} ${roomId}`, (town) => act(town, roomId)));
const onDevice = (what: string, act: (device: Device, town: Town) => unknown): fc.Arbitrary<Happening> =>
  device.map((index) => new Happening(`${what} ${index}`, (town) => act(deviceOf(town, index), town)));
const sends = fc
  .tuple(device, room)
  .map(([index, roomId]) => new Happening(`send ${index} ${roomId}`, (town) => deviceOf(town, index).send(roomId)));
const says = inRoom('say', (town, roomId) => town.other((bo) => bo.send(roomId)));
const restarts = fc
  .tuple(device, fc.boolean(), fc.boolean(), fc.boolean())
  .map(
    ([index, isKilled, keepsOutbox, keepsPositions]) =>
      new Happening(`restart ${index} ${JSON.stringify({ isKilled, keepsOutbox, keepsPositions })}`, (town) =>
        deviceOf(town, index).restart({ isKilled, keepsOutbox, keepsPositions }),
      ),
  );

/** Listed more often what is to happen more often. */
const happenings: fc.Arbitrary<Happening>[] = [
  says,
  says,
  sends,
  sends,
  sends,
  onDevice('drop', ({ connection }) => connection?.drop()),
  onDevice('save', (it) => it.save()),
  onDevice('list', ({ client }) => void client.rooms.loadMore().catch(() => undefined)),
  restarts,
  fc.constant(new Happening('server restarts', (town) => town.restartServer())),
  fc.constant(new Happening('beacon', (town) => town.server.beacon())),
  inRoom('me in or out', (town, roomId) => town.toggle(roomId, 'ann')),
  inRoom('cy in or out', (town, roomId) => town.toggle(roomId, 'cy')),
  fc.tuple(room, fc.nat(9)).map(([roomId, at]) => new Happening(`delete ${at} in ${roomId}`, (town) => town.deleteSome(roomId, at))),
  fc.tuple(room, fc.nat(2)).map(([roomId, count]) => new Happening(`restore ${roomId} -${count}`, (town) => town.restore(roomId, count))),
  inRoom('forget', (town, roomId) => town.server.forget(roomId)),
  inRoom('rename', (town, roomId) => town.other((_, server) => server.update(roomId, { name: `n${town.said.length}` }))),
  fc.constantFrom(...REFUSALS).map((error) => new Happening(`refuse ${error.code}`, (town) => void town.server.refusals.push(error))),
  fc
    .tuple(device, room)
    .map(([index, roomId]) => new Happening(`read ${index} ${roomId}`, (town) => deviceOf(town, index).client.room(roomId).markRead())),
];

const actingQuietly = async (run: () => Promise<unknown>): Promise<void> => {
  await run();
  await quiet();
};

/** Lets the story happen on a bad network, and looks when it has come to rest. */
async function tell(scheduler: fc.Scheduler, seed: number, story: Iterable<Happening>, options: TownOptions): Promise<void> {
  const random = dice(seed);
  const net: FakeNet = {
    pass: (what) => scheduler.schedule(Promise.resolve(), what),
    copies: () => (random() < 0.15 ? 0 : random() < 0.15 ? 2 : 1),
    losesAnswer: () => random() < 0.1,
  };
  const town = await Town.build({ net, timers: scheduledTimers(scheduler, random) }, options);
  await fc.scheduledModelRun(scheduler, () => ({ model: {}, real: { town } }), story);
  try {
    await settle(scheduler);
    await town.sweep(); // What the contract promises within seconds.
    await settle(scheduler);
    await expectTruth(town);
    await listAll(scheduler, town);
    await expectTrueLists(town);
  } catch (error) {
    for (const { name, witness } of town.devices) (error as Error).message += `\n${name} was told: ${witness.diary.join(', ')}`;
    throw error;
  }
}

async function listAll(scheduler: fc.Scheduler, { devices }: Town): Promise<void> {
  for (const { client } of devices) {
    for (let tries = 0; tries < 30 && client.rooms.getSnapshot().hasMore; tries += 1) {
      client.rooms.loadMore().catch(() => undefined);
      await settle(scheduler);
    }
  }
}

const stories = (of: readonly fc.Arbitrary<Happening>[], options: TownOptions) =>
  fc.asyncProperty(
    fc.scheduler({ act: actingQuietly }),
    fc.integer(),
    fc.commands([...of], { maxCommands: 30, size: 'max', ...replayed() }),
    (scheduler, seed, story) => tell(scheduler, seed, story as Iterable<Happening>, options),
  );

const LONG_MS = 600_000;

it(
  'over the real use cases: each event told once and in order, true states, each message stored once, nothing stuck',
  () => fc.assert(stories(happenings, { lateLength: 0 }), runs(2_000)),
  LONG_MS,
);

describe('with a clock of the device that leaps', () => {
  beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterAll(() => void vi.useRealTimers());

  it(
    'is as true by an hour either way',
    () => {
      const leaps = fc
        .constantFrom(-1, 1)
        .map((hours) => new Happening(`clock ${hours} h`, () => vi.setSystemTime(Date.now() + hours * 3_600_000)));
      return fc.assert(stories([leaps, leaps, leaps, ...happenings], { lateLength: 0 }), runs(300));
    },
    LONG_MS,
  );
});

describe('a room too long to be told whole', () => {
  const comings = [
    inRoom('say', (town) => town.other((bo) => bo.send('late'))),
    inRoom('me in or out of late', (town) => town.toggle('late', 'ann')),
    ...happenings,
  ];

  it('is told from where the user came in', () => fc.assert(stories(comings, { lateLength: 101 }), runs(100)), LONG_MS);
});
