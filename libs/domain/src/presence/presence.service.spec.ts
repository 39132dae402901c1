import { beforeEach, describe, expect, it } from 'vitest';
import { DomainError } from '../errors.js';
import { userKeyOf, type TenantId, type UserId, type UserKey } from '../ids.js';
import type { Connection } from '../ports/fanout.js';
import type { TenantTx } from '../ports/store.js';
import { presenceStoreContract } from '../testing/contracts/presence-store.contract.js';
import { MemoryBus } from '../testing/memory/memory-bus.js';
import { MemoryPresence } from '../testing/memory/memory-presence.js';
import { MemoryStore } from '../testing/memory/memory-store.js';
import { memoryPorts } from '../testing/memory/ports.js';
import { aWorld, type World } from '../testing/world.js';
import { ToldPositions } from '../relay/told-positions.js';
import { WATCHED_MAX } from './presence.js';
import { PresenceService } from './presence.service.js';

presenceStoreContract('memory', async () => {
  const node = new MemoryPresence();
  return { nodes: [node, node.elsewhere()], close: async () => undefined };
});

class Phone implements Connection {
  readonly rooms = new Set<string>();
  readonly signingKeyId = undefined;
  readonly userVersion = 1;
  readonly isOpen = true;
  readonly told = new ToldPositions();
  idleMs = 0;

  constructor(readonly user: UserKey) {}

  send(): void {}
  end(): void {}
  lose(): void {}
}

class Node {
  readonly service: PresenceService;
  private readonly connections = new Map<string, Set<Connection>>();

  constructor(
    private readonly world: World,
    readonly bus: MemoryBus,
    readonly store: MemoryPresence,
  ) {
    const of = (user: UserKey): ReadonlySet<Connection> => this.connections.get(userKeyOf(user)) ?? new Set();
    this.service = new PresenceService(world.ports.store, store, { of }, world.fanout, bus, world.clock);
  }

  connect(userId: UserId, tenantId?: TenantId): Phone {
    const phone = new Phone(this.world.userKey(userId, tenantId));
    const key = userKeyOf(phone.user);
    this.connections.set(key, new Set([...(this.connections.get(key) ?? []), phone]));
    this.service.note(phone.user);
    return phone;
  }

  disconnect(phone: Phone): void {
    const left = [...(this.connections.get(userKeyOf(phone.user)) ?? [])].filter((other) => other !== phone);
    this.connections.set(userKeyOf(phone.user), new Set(left));
    this.service.forget(phone);
  }
}

/** A database that fails for one tenant. */
class BrokenStore extends MemoryStore {
  brokenFor?: TenantId;

  override tenant<T>(tenantId: TenantId, run: (tx: TenantTx) => Promise<T>): Promise<T> {
    return tenantId === this.brokenFor ? Promise.reject(new DomainError('unavailable')) : super.tenant(tenantId, run);
  }
}

let store: BrokenStore;
let world: World;
let here: Node;
let there: Node;

beforeEach(async () => {
  const ports = memoryPorts();
  store = new BrokenStore(ports.db);
  world = await aWorld({ ...ports, store })
    .withUsers(['zoe'])
    .withGroup('crew', ['ann', 'bo', 'cy']);
  const [bus, presence] = [new MemoryBus(), new MemoryPresence()];
  here = new Node(world, bus, presence);
  there = new Node(world, bus.elsewhere(), presence.elsewhere());
});

/** The chores of both nodes, as they come round within so many seconds. */
async function pass(seconds: number): Promise<void> {
  for (let second = 1; second <= seconds; second += 1) {
    world.clock.advance(1_000);
    for (const { service, store } of [here, there]) {
      if (store.isDead) continue;
      if (second % 10 === 0) await service.poll();
      if (second % 30 === 0) service.scan();
      await service.flush();
    }
  }
}

const actor = (userId: UserId) => world.as(userId).actor;
const watch = async (node: Node, watcher: UserId, ...ids: UserId[]) => {
  const phone = node.connect(watcher);
  const answer = await node.service.watch(actor(watcher), phone, ids);
  return { phone, answer };
};
const told = (userId: UserId): string[] =>
  world.seenBy(userId).flatMap((event) => (event.type === 'presence.changed' ? [`${event.presence.userId} ${event.presence.status}`] : []));
const look = async (viewer: UserId, userId: UserId) => (await here.service.get(actor(viewer), [userId])).presences[0];

describe('a watcher', () => {
  it('is told who comes and goes, on whichever node, and not of itself', async () => {
    const { answer } = await watch(here, 'ann', 'bo', 'cy');
    expect(answer.presences.map(({ userId, status, lastSeen }) => `${userId} ${status} ${lastSeen}`)).toEqual([
      'bo offline long-ago',
      'cy offline long-ago',
    ]);
    const bo = there.connect('bo');
    const cy = here.connect('cy');
    await pass(1);
    await pass(1);
    expect(told('ann')).toEqual(['cy online', 'bo online']);
    there.disconnect(bo);
    here.disconnect(cy);
    await pass(7);
    expect(told('ann').slice(2).sort()).toEqual(['bo offline', 'cy offline']);
    expect(await look('ann', 'bo')).toMatchObject({ status: 'offline', lastSeen: 'recently', connections: 0 });
    expect([told('bo'), told('cy')]).toEqual([[], []]);
  });

  it('hears nothing of somebody who comes back within five seconds', async () => {
    const bo = there.connect('bo');
    await watch(here, 'ann', 'bo');
    await pass(2);
    const before = told('ann').length;
    for (let turn = 0, phone = bo; turn < 3; turn += 1) {
      there.disconnect(phone);
      await pass(4);
      phone = there.connect('bo');
      await pass(2);
    }
    expect(told('ann').slice(before)).toEqual([]);
  });

  it('hears of one who has fallen idle, and who is at it again', async () => {
    await watch(here, 'ann', 'bo');
    const bo = there.connect('bo');
    await pass(2);
    bo.idleMs = 180_000;
    await pass(31);
    bo.idleMs = Infinity;
    there.service.note(bo.user);
    await pass(2);
    bo.idleMs = 0;
    await pass(31);
    expect(told('ann')).toEqual(['bo online', 'bo away', 'bo online']);
  });

  it('stops', async () => {
    const { phone } = await watch(here, 'ann', 'bo', 'cy');
    await here.service.unwatch(phone, ['bo', 'nobody']);
    here.connect('bo');
    await pass(2);
    here.disconnect(phone);
    here.connect('cy');
    await pass(2);
    expect(told('ann')).toEqual([]);
  });

  it('of one tenant is told when the database fails for another, and the other when it works again', async () => {
    await world.addTenant('other');
    await world.addUsers(['tim', 'tom'], 'other');
    await world.as('tim', undefined, 'other').create('club', ['tom']);
    await watch(here, 'ann', 'bo');
    await here.service.watch(world.as('tim', undefined, 'other').actor, here.connect('tim', 'other'), ['tom']);
    const toldTim = () => world.seenBy('tim', 'other').filter(({ type }) => type === 'presence.changed').length;
    store.brokenFor = 'acme';
    here.connect('bo');
    here.connect('tom', 'other');
    world.clock.advance(1_000);
    await expect(here.service.flush()).rejects.toMatchObject({ code: 'unavailable' });
    expect([told('ann'), toldTim()]).toEqual([[], 1]);
    store.brokenFor = undefined;
    await pass(1);
    expect([told('ann'), toldTim()]).toEqual([['bo online'], 1]);
  });

  it('that is gone before it is answered leaves nothing behind', async () => {
    const phone = here.connect('ann');
    const answer = here.service.watch(actor('ann'), phone, ['bo']);
    here.disconnect(phone);
    await answer;
    here.connect('bo');
    await pass(2);
    expect(told('ann')).toEqual([]);
  });

  it('watches a thousand at most', async () => {
    const ids = Array.from({ length: WATCHED_MAX }, (_, index) => `u${index}`);
    await world.addUsers(ids);
    for (let from = 0; from < WATCHED_MAX; from += 50) await world.as('ann').create(`town-${from}`, ids.slice(from, from + 50));
    const phone = here.connect('ann');
    for (let from = 0; from < WATCHED_MAX; from += 100) await here.service.watch(actor('ann'), phone, ids.slice(from, from + 100));
    await here.service.watch(actor('ann'), phone, ids.slice(0, 100));
    await expect(here.service.watch(actor('ann'), phone, ['bo'])).rejects.toMatchObject({ code: 'quota-exceeded' });
  });
});

describe('what is lost on the way', () => {
  it('a node that died takes its users along', async () => {
    there.connect('bo');
    await watch(here, 'ann', 'bo');
    await pass(1);
    there.store.isDead = true;
    await pass(11);
    expect(told('ann').at(-1)).toBe('bo offline');
  });

  it('a hint that never came is made up for by the poll', async () => {
    await watch(here, 'ann', 'bo', 'cy');
    here.bus.unfollow(`presence/${userKeyOf(world.userKey('bo'))}`);
    there.connect('bo');
    await pass(11);
    expect(told('ann')).toEqual(['bo online']);
  });

  it('while others cannot be asked, who was there stays', async () => {
    there.connect('bo');
    await watch(here, 'ann', 'bo');
    await pass(2);
    const before = told('ann').length;
    here.store.isCutOff = true;
    await pass(70);
    expect(told('ann').slice(before)).toEqual([]);
    there.store.isDead = true;
    here.store.isCutOff = false;
    await pass(11);
    expect(told('ann').at(-1)).toBe('bo offline');
  });

  it('a node that stops says so', async () => {
    there.connect('bo');
    await watch(here, 'ann', 'bo');
    await pass(2);
    await there.service.leave();
    there.store.isDead = true;
    await pass(11);
    expect(told('ann').at(-1)).toBe('bo offline');
    expect(await look('ann', 'bo')).toMatchObject({ lastSeen: 'recently' });
  });
  it('who hides while others cannot be asked is hidden all the same', async () => {
    await watch(here, 'ann', 'bo');
    here.connect('bo');
    await pass(2);
    here.store.isCutOff = true;
    await here.service.set(actor('bo'), 'invisible');
    await pass(1);
    expect(told('ann')).toEqual(['bo online', 'bo offline']);
  });
});

describe('who may see', () => {
  it('nobody who shares nothing with the user; ids nobody has look the same', async () => {
    here.connect('bo');
    await pass(1);
    const { answer } = await watch(here, 'zoe', 'bo', 'nobody', 'zoe');
    expect(answer.denied).toEqual(['bo', 'nobody']);
    expect(answer.presences.map(({ userId }) => userId)).toEqual(['zoe']);
    expect(await here.service.get(actor('zoe'), ['bo'])).toEqual({ presences: [], denied: ['bo'] });
    expect((await here.service.get(world.server().actor, ['bo'])).presences).toMatchObject([{ userId: 'bo', status: 'online' }]);
    expect((await here.service.get(world.operator().actor, ['bo'])).denied).toEqual([]);
  });

  it('who has left sees nothing of what comes then, and is told that it is hidden', async () => {
    await watch(here, 'cy', 'bo');
    await world.as('ann').remove('crew', 'cy');
    there.connect('bo');
    await pass(2);
    const [last] = world
      .seenBy('cy')
      .filter(({ type }) => type === 'presence.changed')
      .slice(-1);
    expect(last).toMatchObject({ presence: { userId: 'bo', status: 'offline', lastSeen: 'hidden' } });
    await pass(70);
    expect(told('cy')).toEqual(['bo offline']);
  });

  it('who has left is told so within a minute although nothing happens', async () => {
    there.connect('bo');
    await pass(2);
    await watch(here, 'cy', 'bo');
    await world.as('ann').remove('crew', 'cy');
    await pass(70);
    expect(told('cy')).toEqual(['bo offline']);
  });
});

describe('a wish', () => {
  it('is seen instead, for as long as the user is there', async () => {
    await watch(here, 'ann', 'bo');
    const bo = there.connect('bo');
    await pass(2);
    expect(await there.service.set(actor('bo'), 'do-not-disturb')).toMatchObject({ status: 'do-not-disturb', wish: 'do-not-disturb' });
    await pass(1);
    bo.idleMs = Infinity;
    await pass(31);
    there.disconnect(bo);
    await pass(7);
    expect(told('ann')).toEqual(['bo online', 'bo do-not-disturb', 'bo offline']);
  });

  it('to be invisible looks like leaving, and nothing afterwards gives it away', async () => {
    await watch(here, 'ann', 'bo');
    const bo = there.connect('bo');
    await pass(2);
    await here.service.set(actor('bo'), 'invisible');
    await pass(1);
    expect(told('ann')).toEqual(['bo online', 'bo offline']);
    const gone = await look('ann', 'bo');
    expect(gone).toMatchObject({ status: 'offline', connections: 0, lastSeen: 'recently' });
    there.disconnect(bo);
    await pass(10);
    const again = there.connect('bo');
    await pass(40);
    again.idleMs = 200_000;
    await pass(700);
    expect(await look('ann', 'bo')).toEqual(gone);
    expect(told('ann')).toHaveLength(2);
    await there.service.set(actor('bo'), 'online');
    again.idleMs = 0;
    await pass(31);
    expect(told('ann').at(-1)).toBe('bo online');
    expect((await look('ann', 'bo'))?.version).toBeGreaterThan(gone?.version ?? Infinity);
  });
});

describe('a presence', () => {
  it('rises in version with every change', async () => {
    await watch(here, 'ann', 'bo');
    for (let turn = 0; turn < 3; turn += 1) {
      const bo = (turn % 2 === 0 ? here : there).connect('bo');
      await pass(2);
      (turn % 2 === 0 ? here : there).disconnect(bo);
      await pass(8);
    }
    const versions = world.seenBy('ann').flatMap((event) => (event.type === 'presence.changed' ? [event.presence.version] : []));
    expect(versions).toHaveLength(6);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  });

  it('tells how long ago the user was there', async () => {
    const bo = here.connect('bo');
    await pass(1);
    here.disconnect(bo);
    await pass(7);
    const seen: unknown[] = [];
    for (const hours of [0, 2, 7 * 24, 31 * 24]) {
      world.clock.advance(hours * 3_600_000);
      seen.push((await look('ann', 'bo'))?.lastSeen);
    }
    expect(seen).toEqual(['recently', 'last-week', 'last-month', 'long-ago']);
  });
});
