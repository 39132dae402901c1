import { Skeleton, Stack } from '@mantine/core';
import { routes, type Overview, type Stats } from '@parley/protocol';
import { useMemo } from 'react';
import { useRoute } from '../../api/queries.js';
import { useLive } from '../../live/live.js';
import { PageHeader } from '../../ui/page-header.js';
import { ErrorState } from '../../ui/problem-view.js';
import { ConnectionsByTenant } from './connections-by-tenant.js';
import { GetStarted } from './get-started.js';
import { HealthPanel } from './health-panel.js';
import { LiveTiles } from './live-tiles.js';
import { NodePanel } from './node-panel.js';
import classes from './overview.module.css';
import { overviewText } from './overview.strings.js';
import { Totals } from './totals.js';

/** Totals and health are asked for; the live figures come by themselves. */
const REFRESH_MS = 15_000;
const WINDOW_MS = 5 * 60_000;

export default function OverviewPage() {
  const overview = useRoute(routes.stats.overview, {}, { refetchMs: REFRESH_MS });
  const stats = useStats(overview.data);
  return (
    <>
      <PageHeader title={overviewText.title} description={overviewText.description} />
      {overview.data ? (
        <Content overview={overview.data} stats={stats} />
      ) : overview.error ? (
        <ErrorState error={overview.error} retry={() => void overview.refetch()} />
      ) : (
        <Loading />
      )}
    </>
  );
}

function Content({ overview, stats }: { readonly overview: Overview; readonly stats: readonly Stats[] }) {
  const latest = stats.at(-1) ?? overview.stats;
  return (
    <Stack gap="md">
      <GetStarted totals={overview.tenants} />
      <LiveTiles stats={stats} latest={latest} />
      <Totals totals={overview.tenants} />
      <div className={classes.columns}>
        <Stack gap="md">
          <HealthPanel health={overview.health} schemaVersion={overview.node.schemaVersion} />
          <ConnectionsByTenant connections={latest.connectionsByTenant} />
        </Stack>
        <NodePanel node={overview.node} uptimeSeconds={latest.uptimeSeconds} />
      </div>
    </Stack>
  );
}

/** What the server remembers, continued by what arrived since. */
function useStats(overview: Overview | undefined): readonly Stats[] {
  const live = useLive().stats;
  return useMemo(() => {
    const history = overview?.history ?? [];
    const last = history.at(-1)?.at ?? '';
    const all = [...history, ...live.filter((stats) => stats.at > last)];
    const newest = all.at(-1);
    const from = newest ? Date.parse(newest.at) - WINDOW_MS : 0;
    return all.filter((stats) => Date.parse(stats.at) >= from);
  }, [overview, live]);
}

const Loading = () => (
  <Stack gap="md" aria-busy="true">
    <Skeleton height={228} radius="lg" />
    <Skeleton height={104} radius="lg" />
    <Skeleton height={200} radius="lg" />
  </Stack>
);
