import { presentMessage } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatClient } from './chat-client.js';
import { MemoryOutbox } from './outbox-storage.js';
import { inEveryOrder, Steps } from './testing/every-order.js';
import { LiveConnection } from './testing/live-connection.js';
import { LiveServer } from './testing/live-server.js';
import { ManualTimers, quiet } from './testing/manual-timers.js';
import { runs } from './testing/runs.js';
import { Witness } from './testing/witness.js';

/** How many live packets of each event arrive, in the order of the events. */
interface Play {
  /** `reader`: subscribes to a channel it is no member of. `member`: connects, and is subscribed by the server. */
  readonly who: 'reader' | 'member';
  /** How often the packet of each message arrives. */
  readonly copies: readonly number[];
  readonly hasBeacon: boolean;
  /** What waits for its turn; everything else goes at once. */
  readonly permuted: readonly string[];
}

interface Scene {
  readonly server: LiveServer;
  readonly client: ChatClient;
  readonly witness: Witness;
  readonly connection: LiveConnection;
  readonly timers: ManualTimers;
  /** From now on nothing waits any more. */
  readonly open: () => void;
}

/** Someone looks into a room while it is talked in: everything from here on waits to be let go. */
async function look(steps: Steps, { who, copies, hasBeacon, permuted }: Play): Promise<Scene> {
  let isOpen = true;
  const pass = (what: string): Promise<void> => (isOpen || !permuted.includes(what) ? Promise.resolve() : steps.pass(what));
  const server = await LiveServer.open(pass, (world) =>
    world.withUsers(['ann']).withChannel('talk', who === 'member' ? ['bo', 'ann'] : ['bo'], { publicRead: true }),
  );
  const timers = new ManualTimers();
  const left = [...copies];
  const net = { pass, copies: () => left.shift() ?? 1, losesAnswer: () => false };
  const connections: LiveConnection[] = [];
  const connect = (resume: ConstructorParameters<typeof LiveConnection>[3]): LiveConnection => {
    const connection = new LiveConnection('ann', server, net, resume);
    connections.push(connection);
    return connection;
  };
  const client = new ChatClient({ url: 'http://localhost', timers, storage: new MemoryOutbox(), connect });
  const witness = new Witness(() => 0);
  witness.watch(client);
  if (who === 'reader') await client.connect();
  isOpen = false;
  if (who === 'member') void client.connect();
  client.room('talk');
  void talk(server, pass, copies.length, hasBeacon);
  return { server, client, witness, timers, connection: connections[0] as LiveConnection, open: () => void (isOpen = true) };
}

async function talk(server: LiveServer, pass: (what: string) => Promise<void>, messages: number, hasBeacon: boolean): Promise<void> {
  if (hasBeacon) void pass('beacon').then(() => server.beacon());
  for (let said = 0; said < messages; said += 1) {
    await pass('say');
    await server.world.as('bo').send('talk');
  }
}

async function check({ server, client, witness, connection, timers, open }: Scene, order: readonly string[]): Promise<void> {
  open();
  await quiet();
  const room = await server.world.server().room('talk');
  const { epoch, pts } = room.room;
  connection.sweep({ heads: [{ roomId: 'talk', epoch, pts }], userPts: 0 });
  for (let tries = 0; tries < 5; tries += 1) {
    await quiet();
    timers.advance(30_000);
  }
  const { state } = client.room('talk');
  const messages = (await server.world.history('talk')).map(presentMessage);
  expect([order, witness.complaints, server.bugs]).toEqual([order, [], []]);
  expect([order, state.status, state.pts]).toEqual([order, 'ready', pts]);
  expect([order, state.messages]).toEqual([order, messages]);
  expect([order, witness.of('talk').events.at(-1)?.pts ?? pts]).toEqual([order, pts]);
}

const EVERYTHING = ['connect', 'subscribed', 'heads', 'ready', 'say', 'event', 'beacon', 'head', 'sync', 'sync answer'].concat(
  ['room.get', 'room.subscribe', 'message.list', 'member.list'].flatMap((name) => [name, `${name} answer`]),
);
/** The places where something may fall in between: before the read, between subscribing and reading, before the answer. */
const PLACES = ['subscribed', 'heads', 'ready', 'say', 'event', 'beacon', 'head', 'sync', 'sync answer'].concat([
  'room.subscribe',
  'room.subscribe answer',
  'message.list',
  'message.list answer',
]);

describe('snapshot plus subscribe', () => {
  it.each<Omit<Play, 'permuted'>>([
    { who: 'reader', copies: [1, 1], hasBeacon: false },
    { who: 'reader', copies: [0], hasBeacon: true },
    { who: 'reader', copies: [0, 1], hasBeacon: false },
    { who: 'member', copies: [1, 1], hasBeacon: false },
    { who: 'member', copies: [0], hasBeacon: true },
    { who: 'member', copies: [0, 1], hasBeacon: false },
  ])('has no race in any order: $who, packets $copies, beacon $hasBeacon', async (play) => {
    const { orders, isWhole } = await inEveryOrder((steps) => look(steps, { ...play, permuted: PLACES }), check, 20_000);
    expect([isWhole, orders > 150]).toEqual([true, true]);
  });

  it('has none where everything may be late, doubled or lost, in orders taken by chance', async () => {
    const plays = fc.record({
      who: fc.constantFrom('reader' as const, 'member' as const),
      copies: fc.array(fc.constantFrom(0, 1, 1, 2), { minLength: 1, maxLength: 4 }),
      hasBeacon: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(plays, fc.infiniteStream(fc.nat()), async (play, choices) => {
        const steps = new Steps();
        const scene = await look(steps, { ...play, permuted: EVERYTHING });
        const order: string[] = [];
        for (await quiet(); steps.names.length > 0; await quiet()) {
          const choice = (choices.next().value as number) % steps.names.length;
          order.push(steps.names[choice] ?? '');
          steps.go(choice);
        }
        await check(scene, order);
      }),
      runs(1_000),
    );
  }, 600_000);
});
