import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UserKey } from '../../ids.js';
import type { PresenceHere, PresenceStore } from '../../ports/presence-store.js';

export interface PresenceTechnology {
  /** Of two nodes. */
  readonly nodes: readonly [PresenceStore, PresenceStore];
  close(): Promise<void>;
}

const AT = Date.parse('2026-11-21T10:00:00.000Z');

const here = (user: UserKey, connections: number, isActive = true, second = 0): PresenceHere => ({
  user,
  connections,
  isActive,
  at: new Date(AT + second * 1_000),
});

/** What every `PresenceStore` promises to two nodes that share one. */
export function presenceStoreContract(name: string, open: () => Promise<PresenceTechnology>): void {
  describe(`PresenceStore: ${name}`, () => {
    let technology: PresenceTechnology | undefined;
    beforeAll(async () => {
      technology = await open();
    });
    afterAll(async () => technology?.close());
    const nodes = (): readonly [PresenceStore, PresenceStore] => {
      if (!technology) throw new Error('the technology did not open');
      return technology.nodes;
    };
    const someone = (): UserKey => ({ tenantId: `t-${randomUUID()}`, userNo: 7 });

    it('knows nothing of whom nobody told of', async () => {
      expect(await nodes()[0].of([someone()])).toEqual([{ connections: 0, isActive: false, at: new Date(0), isWhole: true }]);
      expect(await nodes()[0].of([])).toEqual([]);
    });

    it('adds up what nodes have of a user, for each of them', async () => {
      const [a, b] = nodes();
      const [ann, bo] = [someone(), someone()];
      await a.put([here(ann, 1, false, 1), here(bo, 1)]);
      await b.put([here(ann, 2, true, 5)]);
      const expected = [
        { connections: 3, isActive: true, at: new Date(AT + 5_000), isWhole: true },
        { connections: 1, isActive: true, at: new Date(AT), isWhole: true },
      ];
      expect(await a.of([ann, bo])).toEqual(expected);
      expect(await b.of([ann, bo])).toEqual(expected);
    });

    it('keeps the last word of each node, and when the last of them fell silent', async () => {
      const [a, b] = nodes();
      const ann = someone();
      await a.put([here(ann, 1, true, 1)]);
      await b.put([here(ann, 1, true, 2)]);
      await a.put([here(ann, 0, false, 3)]);
      expect(await b.of([ann])).toEqual([{ connections: 1, isActive: true, at: new Date(AT + 3_000), isWhole: true }]);
      await b.put([here(ann, 0, false, 4)]);
      for (const node of nodes())
        expect(await node.of([ann])).toEqual([{ connections: 0, isActive: false, at: new Date(AT + 4_000), isWhole: true }]);
    });

    it('keeps users of two tenants apart', async () => {
      const [a, b] = nodes();
      const [here1, there] = [someone(), someone()];
      await a.put([here(here1, 1)]);
      expect((await b.of([there]))[0]?.connections).toBe(0);
    });

    it('answers in order, for many at once', async () => {
      const [a, b] = nodes();
      const users = Array.from({ length: 500 }, (_, index) => ({ tenantId: `t-${randomUUID()}`, userNo: index }));
      await a.put(users.map((user, index) => here(user, (index % 3) + 1)));
      expect((await b.of(users)).map(({ connections }) => connections)).toEqual(users.map((_, index) => (index % 3) + 1));
    });
  });
}
