import { describe, expect, it } from 'vitest';
import { NodeProbe } from '../ports/node-probe.js';
import { aWorld } from '../testing/world.js';
import { destinations, type Node, type NodeReport, type NodeRole } from './node.js';
import { NodeService } from './node.service.js';

const REPORT: NodeReport = {
  connections: 0,
  messagesPerSecond: 0,
  eventLoopDelayMs: 0,
  memoryBytes: 1,
  isReady: true,
  isDraining: false,
  redis: 'up',
};

/** Nodes that cannot be reached from here are named. */
class Probe extends NodeProbe {
  readonly asked: string[] = [];
  unreachable = new Set<string>();

  override async isReady(url: string): Promise<boolean> {
    this.asked.push(url);
    return !this.unreachable.has(url);
  }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

async function aCluster() {
  const world = await aWorld();
  const probe = new Probe();
  const nodes = new NodeService(world.ports.store, probe);
  const beat = (id: string, report: Partial<NodeReport> = {}, role: NodeRole = 'api', url: string | undefined = `http://${id}`) =>
    nodes.beat({ id, role, version: '1', url, startedAt: world.clock.now() }, { ...REPORT, ...report });
  const where = (...unreachable: string[]) => nodes.destinations(unreachable).map(({ nodeId }) => nodeId);
  return { world, probe, nodes, beat, where };
}

describe('where to connect', () => {
  it('is the least loaded node that serves', async () => {
    const { beat, where } = await aCluster();
    await beat('busy', { connections: 10, eventLoopDelayMs: 90 });
    await beat('full', { connections: 900 });
    await beat('idle', { connections: 20 });
    await beat('starting', { isReady: false });
    await beat('leaving', { isDraining: true });
    await beat('worker', {}, 'worker');
    expect(where()).toEqual(['idle', 'full', 'busy']);
  });

  it('is nowhere that was not heard of for 10 s, and elsewhere while an operator empties a node', async () => {
    const { world, nodes, beat, where } = await aCluster();
    await beat('dead');
    await beat('two');
    world.clock.advance(10_000);
    await beat('two');
    await beat('three');
    expect(where()).toEqual(['three', 'two']);
    expect((await nodes.setDrain(world.platform('admin'), 'three', true)).isDrainWanted).toBe(true);
    expect((await beat('three'))?.isDrainWanted).toBe(true);
    expect(where()).toEqual(['two']);
    await nodes.setDrain(world.platform('admin'), 'three', false);
    await beat('two');
    expect(where()).toEqual(['three', 'two']);
    await nodes.leave('three');
    await beat('two');
    expect(where()).toEqual(['two']);
  });

  it('is refused for now where no node is free, and open where nodes have no address', async () => {
    const { beat, nodes } = await aCluster();
    expect(nodes.destinations([])).toEqual([]);
    await nodes.beat({ id: 'hidden', role: 'all', version: '1', startedAt: new Date(0) }, REPORT);
    expect(nodes.destinations([])).toEqual([]);
    await beat('one', { isReady: false });
    expect(() => nodes.destinations([])).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });

  it('leaves out what the caller could not reach, and for everybody what cannot be reached from here either', async () => {
    const { world, beat, where, probe } = await aCluster();
    await beat('gone');
    await beat('slandered');
    probe.unreachable.add('http://gone');
    expect(where('gone')).toEqual(['slandered']);
    expect(() => where('gone', 'slandered', 'unknown')).toThrow(expect.objectContaining({ code: 'unavailable' }));
    await settle();
    expect([...new Set(probe.asked)].sort()).toEqual(['http://gone', 'http://slandered']);
    expect(where()).toEqual(['slandered']);
    await beat('slandered');
    expect(where()).toEqual(['slandered']);
    world.clock.advance(5_000);
    await beat('gone');
    expect(where()).toEqual(['slandered']);
    world.clock.advance(25_000);
    await beat('slandered');
    await beat('gone');
    expect(where()).toEqual(['gone', 'slandered']);
  });
});

describe('where every node is suspect', () => {
  it('all are open: it is more likely that nodes cannot reach each other than that none works', async () => {
    const { beat, where, probe } = await aCluster();
    for (const id of ['one', 'two']) {
      await beat(id, { connections: id === 'one' ? 0 : 9 });
      probe.unreachable.add(`http://${id}`);
    }
    for (const id of ['one', 'two']) where(id);
    await settle();
    expect([probe.asked.sort(), where(), where('one')]).toEqual([['http://one', 'http://two'], ['one', 'two'], ['two']]);
  });
});

describe('nodes', () => {
  it('are seen by operators of the whole, and emptied by its admins', async () => {
    const { world, nodes, beat } = await aCluster();
    await beat('one');
    expect((await nodes.list(world.platform('viewer'))).map(({ id }) => id)).toEqual(['one']);
    await expect(nodes.list(world.platform('viewer', { role: undefined }))).rejects.toMatchObject({ code: 'forbidden' });
    await expect(nodes.setDrain(world.platform('moderator'), 'one', true)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(nodes.setDrain(world.platform('admin'), 'two', true)).rejects.toMatchObject({ code: 'not-found' });
    await nodes.setDrain(world.platform('admin'), 'one', true);
    const { items } = await world.ports.store.platform((tx) => tx.audit.list({}, { limit: 1 }));
    expect(items[0]).toMatchObject({ action: 'node.drain', target: { kind: 'node', id: 'one' } });
  });

  it('without an address are no destination', () => {
    const node: Node = {
      id: 'a',
      role: 'api',
      version: '1',
      startedAt: new Date(0),
      beatAt: new Date(0),
      isAlive: true,
      isDrainWanted: false,
      isSuspect: false,
      report: REPORT,
    };
    expect(destinations([node])).toEqual([]);
    expect(destinations([{ ...node, url: 'http://a' }])).toHaveLength(1);
  });
});
