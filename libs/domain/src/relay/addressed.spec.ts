import { describe, expect, it } from 'vitest';
import type { UserId } from '../ids.js';
import { MemoryBus } from '../testing/memory/memory-bus.js';
import { RecordingFanout } from '../testing/memory/recording-fanout.js';
import { aWorld } from '../testing/world.js';
import { roomChannel, userChannel } from '../ports/bus.js';
import { addressed } from './addressed.js';
import { RelayService } from './relay.service.js';

/** Ann is on the first node; whoever is named here is connected to the second one. */
async function aSecondNode(...userIds: readonly UserId[]) {
  const line = new MemoryBus();
  const world = await aWorld().withUsers(['ann', 'bo', 'cy']);
  const first = new RelayService(world.ports.roomLog, new RecordingFanout(), world.clock, line);
  const bus = line.elsewhere();
  const fanout = new RecordingFanout();
  new RelayService(world.ports.roomLog, fanout, world.clock, bus);
  for (const userId of userIds) {
    bus.follow(userChannel(world.userKey(userId)));
    fanout.connect(world.userKey(userId), []);
  }
  const create = (members: readonly UserId[]) => world.as('ann').create('crew', members);
  /** The last commit of the room, as the first node tells it. */
  const publish = async (from = 1) => {
    const events = (await world.events('crew')).slice(from - 1);
    const userEvents = await Promise.all(
      (['ann', 'bo', 'cy'] as const).map(async (userId) => (await world.ports.userLog.after(world.userKey(userId), 0, 10)).events),
    );
    first.publish({ events, userEvents: userEvents.flat() });
  };
  const seen = (userId: UserId) => fanout.seenBy(world.userKey(userId)).map(({ type }) => type);
  return { world, bus, fanout, create, publish, seen };
}

describe('what another node committed', () => {
  it('reaches who is told of a room for the first time, the entry before the room’s own events, each once', async () => {
    const { create, publish, seen, fanout, world } = await aSecondNode('bo', 'cy');
    await create(['bo', 'cy']);
    await publish();
    expect(seen('bo')[0]).toBe('room.entered');
    expect(seen('cy')[0]).toBe('room.entered');
    for (const userId of ['bo', 'cy']) {
      expect(seen(userId).filter((type) => type === 'room.entered')).toHaveLength(1);
      expect(seen(userId).filter((type) => type === 'member.joined')).toHaveLength(3);
      expect(fanout.isSubscribed(world.userKey(userId), world.roomKey('crew'))).toBe(true);
    }
  });

  it('does not reach a node where nobody is concerned', async () => {
    const { create, publish, seen } = await aSecondNode('cy');
    await create(['bo']);
    await publish();
    expect(seen('cy')).toEqual([]);
  });

  it('reaches who listens to the room already', async () => {
    const { world, bus, fanout, create, publish, seen } = await aSecondNode('bo');
    await create(['bo']);
    await publish();
    bus.unfollow(userChannel(world.userKey('bo')));
    await world.as('ann').send('crew', 'hello');
    const before = seen('bo').length;
    await publish(4);
    expect(seen('bo').slice(before)).toEqual([]);
    bus.follow(roomChannel(world.roomKey('crew')));
    await publish(4);
    expect([seen('bo').slice(before), fanout.interrupted]).toEqual([['message.created'], []]);
  });
});

describe('a commit is sent', () => {
  const room = { tenantId: 'acme', roomNo: 7 };
  const event = { ...room, type: 'message.created' } as never;
  const entry = (userNo: number) => ({ tenantId: 'acme', userNo, id: `u${userNo}` }) as never;

  it('to the room’s nodes; where users are concerned to theirs first, whole', () => {
    expect(addressed({ events: [event], userEvents: [] })).toEqual([['room/acme/7', { events: [event], userEvents: [] }]]);
    const both = { events: [event], userEvents: [entry(1), entry(2)] };
    expect(addressed(both)).toEqual([
      ['user/acme/1', both],
      ['user/acme/2', both],
      ['room/acme/7', { events: [event], userEvents: [] }],
    ]);
    expect(addressed({ events: [], userEvents: [entry(1)] })).toEqual([['user/acme/1', { events: [], userEvents: [entry(1)] }]]);
  });

  it('once to all nodes where it concerns many users', () => {
    const many = { events: [event], userEvents: Array.from({ length: 9 }, (_, index) => entry(index)) };
    expect(addressed(many)).toEqual([['all', many]]);
    expect(addressed({ events: [], userEvents: [] })).toEqual([]);
  });
});
