import type { Node, NodeReport, NodeRole, Nodes } from '@parley/domain';
import type { Tx } from './tx.js';

interface NodeRow {
  readonly id: string;
  readonly role: NodeRole;
  readonly version: string;
  readonly url: string | null;
  readonly started_at: Date;
  readonly beat_at: Date;
  readonly is_drain_wanted: boolean;
  readonly report: NodeReport;
  readonly is_alive: boolean;
  readonly is_suspect: boolean;
}

export function nodesSection({ run }: Tx): Nodes {
  return {
    beat: async ({ id, role, version, url, startedAt }, report) => {
      await run(
        `INSERT INTO nodes (id, role, version, url, started_at, report) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET report = excluded.report, beat_at = clock_timestamp()`,
        [id, role, version, url ?? null, startedAt, JSON.stringify(report)],
      );
      await run(`DELETE FROM nodes WHERE beat_at < now() - interval '1 day'`, []);
    },
    list: async () => {
      const rows = await run<NodeRow>(
        `SELECT n.*, n.beat_at > clock_timestamp() - interval '10 seconds' AS is_alive,
           coalesce(n.suspected_at > clock_timestamp() - interval '30 seconds', false) AS is_suspect
         FROM nodes n WHERE n.beat_at > now() - interval '1 day' ORDER BY n.started_at, n.id`,
        [],
      );
      return rows.map(toNode);
    },
    setDrain: async (id, isWanted) => {
      const rows = await run('UPDATE nodes SET is_drain_wanted = $2 WHERE id = $1 RETURNING id', [id, isWanted]);
      return changed(rows);
    },
    suspect: async (id) => void (await run('UPDATE nodes SET suspected_at = clock_timestamp() WHERE id = $1', [id])),
    remove: async (id) => void (await run('DELETE FROM nodes WHERE id = $1', [id])),
  };
}

/** TypeORM gives an update's rows together with their number. */
const changed = (result: readonly unknown[]): boolean => (Array.isArray(result[0]) ? result[0].length : result.length) > 0;

function toNode(row: NodeRow): Node {
  const { id, role, version, url, report } = row;
  return {
    id,
    role,
    version,
    ...(url === null ? {} : { url }),
    startedAt: row.started_at,
    report,
    beatAt: row.beat_at,
    isAlive: row.is_alive,
    isDrainWanted: row.is_drain_wanted,
    isSuspect: row.is_suspect,
  };
}
