import { describe, expect, it } from 'vitest';
import type { RoomEvent } from '../events.js';
import { roomKeyOf } from '../ids.js';
import { canonicalJson } from '../json.js';
import type { LogSlice } from '../ports/room-log.js';
import { MemoryBus } from '../testing/memory/memory-bus.js';
import { MemoryRoomLog } from '../testing/memory/memory-room-log.js';
import { memoryPorts } from '../testing/memory/ports.js';
import { RecordingFanout } from '../testing/memory/recording-fanout.js';
import { aWorld, type World } from '../testing/world.js';
import { RelayService } from './relay.service.js';

/** A log that cannot be read until it is repaired. */
class BrokenLog extends MemoryRoomLog {
  isBroken = true;

  override after(...args: Parameters<MemoryRoomLog['after']>): Promise<LogSlice> {
    return this.isBroken ? Promise.reject(new Error('the database is away')) : super.after(...args);
  }
}

/** Sockets of which one fails at one event. */
class FailingFanout extends RecordingFanout {
  failsAt = 0;

  override toRoom(...[event]: Parameters<RecordingFanout['toRoom']>): void {
    if ('pts' in event && event.pts === this.failsAt) throw new Error('a socket failed');
    super.toRoom(event);
  }
}

/** The events of a talk, and a second node's relay that is told of them as the test likes. */
async function aSecondNode(log?: (world: World) => MemoryRoomLog) {
  const world = await aWorld().withGroup('crew', ['ann', 'bo']);
  for (let n = 0; n < 5; n += 1) await world.as('ann').send('crew');
  const fanout = new FailingFanout();
  const relay = new RelayService(log?.(world) ?? world.ports.roomLog, fanout, world.clock, new MemoryBus());
  const events = await world.events('crew');
  const publish = (...pts: number[]) => relay.publish({ events: pts.map((at) => eventAt(events, at)), userEvents: [] });
  fanout.connect(world.userKey('bo'), [world.roomKey('crew')]);
  const seen = () => fanout.seenBy(world.userKey('bo')).map((event) => 'pts' in event && event.pts);
  return { world, fanout, relay, publish, seen };
}

function eventAt(events: readonly RoomEvent[], pts: number): RoomEvent {
  const event = events[pts - 1];
  if (!event) throw new Error(`no event at ${pts}`);
  return event;
}

/** Lets what the timers started run to its end. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

describe('what was committed and never told', () => {
  it('is told when the head is learned in another way', async () => {
    const { relay, world, publish, seen } = await aSecondNode();
    publish(4);
    const head = { ...world.roomKey('crew'), roomId: 'crew', epoch: 1, pts: 8 };
    await Promise.all([relay.catchUp(head), relay.catchUp(head)]);
    expect(seen()).toEqual([4, 5, 6, 7, 8]);
    await relay.catchUp({ ...head, pts: 3 });
    expect(seen()).toEqual([4, 5, 6, 7, 8]);
  });

  it('is nobody’s matter where nobody listens', async () => {
    const { relay, world, fanout, seen } = await aSecondNode();
    fanout.exit(world.userKey('bo'), world.roomKey('crew'));
    await relay.catchUp({ ...world.roomKey('crew'), roomId: 'crew', epoch: 1, pts: 7 });
    expect([seen(), fanout.heads]).toEqual([[], []]);
  });

  it('is left to the clients, who are given the head, where nothing is known of what they were told', async () => {
    const { relay, world, fanout, publish, seen } = await aSecondNode();
    const head = { ...world.roomKey('crew'), roomId: 'crew', epoch: 1, pts: 7 };
    await relay.catchUp(head);
    await relay.catchUp(head);
    expect([seen(), fanout.heads]).toEqual([[], [head]]);
    publish(8);
    expect(seen()).toEqual([8]);
  });

  it('is told from the first position on after a new epoch', async () => {
    const { relay, world, fanout, publish, seen } = await aSecondNode();
    publish(8);
    const [event] = (await world.events('crew')).slice(3);
    if (!event) throw new Error('no event');
    relay.publish({ events: [{ ...event, epoch: 2 }], userEvents: [] });
    expect(seen()).toEqual([8, 4]);
    await relay.catchUp({ ...world.roomKey('crew'), roomId: 'crew', epoch: 3, pts: 2 });
    expect(fanout.heads.map(({ epoch, pts }) => [epoch, pts])).toEqual([[3, 2]]);
    // Who is inside in another life of the log is known to nobody who listened in this one.
    expect(fanout.interrupted).toEqual([roomKeyOf(world.roomKey('crew')), roomKeyOf(world.roomKey('crew'))]);
  });

  it('is told at once when the sender asks again', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.as('ann').send('crew', 'one');
    const { roomLog, store } = world.ports;
    const facts = await store.tenant('acme', (tx) => tx.rooms.sendFacts('crew', world.user('ann').no));
    if (!facts) throw new Error('no facts');
    const draft = { roomId: 'crew', clientMessageId: 'twice', type: 'text', text: 'two' } as const;
    await roomLog.append({
      room: { ...world.roomKey('crew'), roomId: 'crew' },
      facts: { tenant: facts.tenant.version, room: facts.room.version, sender: facts.sender.version },
      message: {
        id: '00000000-0000-7000-8000-000000000001',
        sender: facts.sender,
        clientMessageId: 'twice',
        draft: canonicalJson(draft),
        type: 'text',
        text: 'two',
        mentions: [],
        metadata: {},
      },
    });
    const texts = () => world.seenBy('bo').flatMap((event) => (event.type === 'message.created' ? [event.data.message.text] : []));
    expect(texts()).toEqual(['one']);
    const answer = await world.services.messages.send(world.as('ann').actor, draft);
    await settle();
    expect([answer.deduplicated, texts()]).toEqual([true, ['one', 'two']]);
  });
});

describe('the relay', () => {
  it('tells events of one room in pts order, whichever commit comes first', async () => {
    const { publish, seen } = await aSecondNode();
    publish(4);
    publish(6, 7);
    expect(seen()).toEqual([4]);
    publish(5);
    expect(seen()).toEqual([4, 5, 6, 7]);
  });

  it('tells each event once', async () => {
    const { publish, seen } = await aSecondNode();
    publish(4, 5);
    publish(5);
    publish(4, 5, 6);
    expect(seen()).toEqual([4, 5, 6]);
  });

  it('reads from the log what does not come by itself', async () => {
    const { world, publish, seen } = await aSecondNode();
    publish(4);
    publish(8);
    world.clock.advance(49);
    await settle();
    expect(seen()).toEqual([4]);
    world.clock.advance(1);
    await settle();
    expect(seen()).toEqual([4, 5, 6, 7, 8]);
    publish(6);
    expect(seen()).toEqual([4, 5, 6, 7, 8]);
  });

  it('waits for a log that cannot be read, and leaves nothing out', async () => {
    let log: BrokenLog | undefined;
    const { world, publish, seen } = await aSecondNode((of) => (log = new BrokenLog(of.ports.db)));
    publish(4);
    publish(7, 8);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      world.clock.advance(250);
      await settle();
    }
    expect(seen()).toEqual([4]);
    if (log) log.isBroken = false;
    world.clock.advance(250);
    await settle();
    expect(seen()).toEqual([4, 5, 6, 7, 8]);
  });

  it('goes on with the room after an event that could not be told', async () => {
    const { world, fanout, relay, publish, seen } = await aSecondNode();
    fanout.failsAt = 6;
    publish(4);
    publish(8);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      world.clock.advance(250);
      await settle();
    }
    expect(seen()).toEqual([4, 5, 7, 8]);
    await world.as('ann').send('crew');
    relay.publish({ events: (await world.events('crew')).slice(8), userEvents: [] });
    expect(seen()).toEqual([4, 5, 7, 8, 9]);
  });

  it('keeps no more than it can hold behind a gap, and reads the rest', async () => {
    let log: BrokenLog | undefined;
    const { world, relay, publish, seen } = await aSecondNode((of) => (log = new BrokenLog(of.ports.db)));
    publish(8);
    for (let n = 0; n < 1_200; n += 1) await world.server().update('crew', { name: `n${n}` });
    const events = await world.events('crew');
    relay.publish({ events: events.slice(9), userEvents: [] });
    if (log) log.isBroken = false;
    for (let attempt = 0; attempt < 4; attempt += 1) {
      world.clock.advance(250);
      await settle();
    }
    expect(seen()).toEqual(events.slice(7).map(({ pts }) => pts));
  });

  it('does not let a late join back in whom a removal has put out', async () => {
    const { world, fanout, relay } = await aSecondNode();
    await world.addUsers(['cy']);
    await world.as('ann').add('crew', 'cy');
    await world.as('ann').remove('crew', 'cy');
    const [join, removal] = (await world.events('crew')).slice(-2);
    if (!join || !removal) throw new Error('two events were expected');
    relay.publish({ events: [removal], userEvents: [] });
    relay.publish({ events: [join], userEvents: [] });
    expect(fanout.isSubscribed(world.userKey('cy'), world.roomKey('crew'))).toBe(false);
  });

  it('lets in whose join was read from the log', async () => {
    const { world, fanout, publish, relay } = await aSecondNode();
    publish(8);
    await world.addUsers(['cy']);
    await world.as('ann').add('crew', 'cy');
    await world.as('ann').send('crew');
    const last = (await world.events('crew')).at(-1);
    if (!last) throw new Error('an event was expected');
    relay.publish({ events: [last], userEvents: [] });
    world.clock.advance(50);
    await settle();
    expect(fanout.seenBy(world.userKey('cy')).map(({ type }) => type)).toEqual(['member.joined', 'message.created']);
  });

  it('tells nothing to who was put out by a commit that was never confirmed, be it the first it hears of the room', async () => {
    const { world, fanout, relay, publish } = await aSecondNode();
    expect(relay.follow({ ...world.roomKey('crew'), epoch: 1, pts: 8 })).toBe('current');
    await world.as('ann').remove('crew', 'bo');
    await world.as('ann').send('crew', 'not for bo');
    const last = (await world.events('crew')).at(-1);
    if (!last) throw new Error('an event was expected');
    relay.publish({ events: [last], userEvents: [] });
    world.clock.advance(50);
    await settle();
    publish(8);
    expect(fanout.seenBy(world.userKey('bo')).map(({ type }) => type)).toEqual(['member.removed']);
  });

  it('trusts no right that was read before a removal it told', async () => {
    const { world, relay } = await aSecondNode();
    const room = world.roomKey('crew');
    const follow = (pts: number, epoch = 1) => relay.follow({ ...room, epoch, pts });
    expect([follow(8), follow(8), follow(7)]).toEqual(['current', 'current', 'stale']);
    await world.as('ann').remove('crew', 'bo');
    await world.as('ann').send('crew');
    relay.publish({ events: (await world.events('crew')).slice(8), userEvents: [] });
    expect([follow(8), follow(9), follow(10), follow(10, 0)]).toEqual(['stale', 'behind', 'current', 'stale']);
    expect([follow(3, 2), follow(10)]).toEqual(['current', 'stale']);
  });

  it('closes a channel to readers with the event that ends public reading', async () => {
    const world = await aWorld().withChannel('news', ['ann'], { publicRead: true });
    await world.as('ann').settings('news', { memberCanInvite: false });
    expect(world.fanout.closedToReaders).toEqual([]);
    await world.as('ann').settings('news', { publicRead: false });
    expect(world.fanout.closedToReaders).toEqual([roomKeyOf(world.roomKey('news'))]);
  });

  it('does not tell who comes in what nobody listened to before', async () => {
    const { world, relay, fanout, publish, seen } = await aSecondNode();
    publish(4);
    fanout.exit(world.userKey('bo'), world.roomKey('crew'));
    expect(relay.follow({ ...world.roomKey('crew'), epoch: 1, pts: 7 })).toBe('current');
    fanout.enter(world.userKey('bo'), world.roomKey('crew'));
    publish(8);
    expect(seen()).toEqual([4, 8]);
  });

  it('tells nothing from before its joining to who came in behind a gap', async () => {
    const { world, fanout, relay, publish } = await aSecondNode();
    publish(4);
    await world.addUsers(['cy']);
    await world.as('ann').add('crew', 'cy');
    const [join] = (await world.events('crew')).slice(-1);
    if (!join) throw new Error('an event was expected');
    relay.publish({ events: [join], userEvents: [] });
    world.clock.advance(50);
    await settle();
    expect(fanout.seenBy(world.userKey('cy')).map(({ type }) => type)).toEqual(['member.joined']);
  });

  it('reads nothing of what was committed while nobody listened here, and lets in at once who joins behind it', async () => {
    const { world, fanout, relay, publish, seen } = await aSecondNode((of) => new BrokenLog(of.ports.db));
    publish(4);
    fanout.exit(world.userKey('bo'), world.roomKey('crew'));
    await world.addUsers(['cy']);
    await world.as('ann').add('crew', 'cy');
    const [join] = (await world.events('crew')).slice(-1);
    if (!join) throw new Error('an event was expected');
    relay.publish({ events: [join], userEvents: [] });
    expect(fanout.seenBy(world.userKey('cy')).map(({ type }) => type)).toEqual(['member.joined']);
    expect(seen()).toEqual([4]);
  });

  it('tells the last event of a room to who is put out, and nothing after it', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.as('ann').remove('crew', 'bo');
    await world.as('ann').send('crew');
    expect(
      world
        .seenBy('bo')
        .slice(-2)
        .map(({ type }) => type),
    ).toEqual(['room.exited', 'member.removed']);
  });

  it('keeps rooms apart', async () => {
    const ports = memoryPorts();
    const world = await aWorld(ports).withGroup('one', ['ann']).withGroup('two', ['ann']);
    await Promise.all(['one', 'two', 'one', 'two'].map((room) => world.as('ann').send(room)));
    const seen = world.seenBy('ann').flatMap((event) => (event.type === 'message.created' ? [event] : []));
    for (const room of ['one', 'two']) expect(seen.filter(({ roomId }) => roomId === room).map(({ seq }) => seq)).toEqual([1, 2]);
  });
});
