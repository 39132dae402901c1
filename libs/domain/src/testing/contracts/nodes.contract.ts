import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { NodeIdentity, NodeReport } from '../../nodes/node.js';
import type { PlatformTx } from '../../ports/store.js';
import { found, type Scene } from './scene.js';

/** Processes of the installation. They are nobody's tenant, so tests take ids of their own. */
export function nodesContract(scene: () => Promise<Scene>): void {
  const report: NodeReport = {
    connections: 3,
    messagesPerSecond: 1.5,
    eventLoopDelayMs: 0.25,
    memoryBytes: 1_000_000,
    isReady: true,
    isDraining: false,
    redis: 'up',
  };
  const open = async () => {
    const { store } = (await scene()).technology;
    const platform = <T>(run: (tx: PlatformTx) => Promise<T>): Promise<T> => store.platform(run);
    const identity: NodeIdentity = {
      id: randomUUID(),
      role: 'api',
      version: '1.2.3',
      url: 'https://a.example.com',
      startedAt: new Date('2026-11-21T10:00:00.123Z'),
    };
    const find = async (id = identity.id) => (await platform((tx) => tx.nodes.list())).find((node) => node.id === id);
    return { platform, identity, find };
  };

  it('are known from their first beat on, with what they said last', async () => {
    const { platform, identity, find } = await open();
    expect(await find()).toBeUndefined();
    await platform((tx) => tx.nodes.beat(identity, report));
    const first = found(await find());
    expect(first).toEqual({ ...identity, report, beatAt: expect.any(Date), isAlive: true, isDrainWanted: false, isSuspect: false });
    await platform((tx) => tx.nodes.beat(identity, { ...report, connections: 4, isReady: false }));
    const second = found(await find());
    expect(second.report).toEqual({ ...report, connections: 4, isReady: false });
    expect(second.beatAt.getTime()).toBeGreaterThanOrEqual(first.beatAt.getTime());
    const { url: _, ...bare } = { ...identity, id: randomUUID() };
    await platform((tx) => tx.nodes.beat(bare, report));
    expect(found(await find(bare.id))).not.toHaveProperty('url');
  });

  it('are drained, resumed and suspected, and keep that through their beats', async () => {
    const { platform, identity, find } = await open();
    expect(await platform((tx) => tx.nodes.setDrain(identity.id, true))).toBe(false);
    await platform((tx) => tx.nodes.beat(identity, report));
    expect(await platform((tx) => tx.nodes.setDrain(identity.id, true))).toBe(true);
    await platform((tx) => tx.nodes.suspect(identity.id));
    await platform((tx) => tx.nodes.beat(identity, report));
    expect(await find()).toMatchObject({ isDrainWanted: true, isSuspect: true });
    expect(await platform((tx) => tx.nodes.setDrain(identity.id, false))).toBe(true);
    expect(await find()).toMatchObject({ isDrainWanted: false });
    await platform((tx) => tx.nodes.remove(identity.id));
    expect(await find()).toBeUndefined();
  });
}
