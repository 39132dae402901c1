import type { Nodes } from '../../ports/store.js';
import type { MemoryDatabase } from './memory-database.js';
import type { NodeRow } from './rows.js';

const ALIVE_MS = 10_000;
const SUSPECT_MS = 30_000;
const KEPT_MS = 86_400_000;

export function memoryNodes(db: MemoryDatabase): Nodes {
  const ageOf = (at: Date): number => db.clock.now().getTime() - at.getTime();
  const change = (id: string, patch: Partial<NodeRow>): boolean => {
    const row = db.nodes.get(id);
    if (row) db.nodes.set(id, { ...row, ...patch });
    return row !== undefined;
  };
  return {
    beat: async (identity, report) => {
      const beatAt = db.clock.now();
      if (!change(identity.id, { identity, report, beatAt })) db.nodes.set(identity.id, { identity, report, beatAt, isDrainWanted: false });
    },
    list: async () =>
      db.nodes
        .values()
        .filter(({ beatAt }) => ageOf(beatAt) < KEPT_MS)
        .sort((a, b) => a.identity.startedAt.getTime() - b.identity.startedAt.getTime() || (a.identity.id < b.identity.id ? -1 : 1))
        .map(({ identity, report, beatAt, isDrainWanted, suspectedAt }) => ({
          ...identity,
          report,
          beatAt,
          isDrainWanted,
          isAlive: ageOf(beatAt) < ALIVE_MS,
          isSuspect: suspectedAt !== undefined && ageOf(suspectedAt) < SUSPECT_MS,
        })),
    setDrain: async (id, isDrainWanted) => change(id, { isDrainWanted }),
    suspect: async (id) => void change(id, { suspectedAt: db.clock.now() }),
    remove: async (id) => db.nodes.delete(id),
  };
}
