import { Alert, Button, Group, Stack } from '@mantine/core';
import { routes, type NodeShape } from '@parley/protocol';
import { IconServer } from '@tabler/icons-react';
import { call } from '../../api/client.js';
import { refreshPlatform, useRoute } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { State, Tag } from '../../ui/badges.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { confirmThat } from '../../ui/dialogs.js';
import { EmptyView } from '../../ui/empty-view.js';
import { formatBytes, formatCount, formatMs, formatRate } from '../../ui/format.js';
import { PageHeader } from '../../ui/page-header.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { nodesText as text } from './nodes.strings.js';

/** As often as nodes tell of themselves. */
const REFETCH_MS = 2_000;
const SHORT_ID = 8;

const TONES = { serving: 'ok', 'not-ready': 'bad', draining: 'warn', suspect: 'bad', gone: 'quiet' } as const;

const shortId = ({ id }: NodeShape): string => id.slice(-SHORT_ID);
const servesClients = ({ role, state }: NodeShape): boolean => role !== 'worker' && state === 'serving';

export default function NodesPage() {
  const may = useMay();
  const query = useRoute(routes.nodes.list, {}, { refetchMs: REFETCH_MS });
  const serving = (query.data?.items ?? []).filter(servesClients);
  return (
    <>
      <PageHeader title={text.title} description={text.description} />
      <DataTable
        label={text.table}
        query={query}
        columns={columnsOf(may('admin'), serving)}
        keyOf={(node) => node.id}
        empty={<EmptyView icon={IconServer} title={text.emptyTitle} />}
      />
    </>
  );
}

function columnsOf(mayDrain: boolean, serving: readonly NodeShape[]): readonly Column<NodeShape>[] {
  const actions: Column<NodeShape> = {
    label: text.actions,
    isActions: true,
    isNumber: true,
    cell: (node) => <DrainButton node={node} isLast={serving.length === 1 && serving[0]?.id === node.id} />,
  };
  return [
    { label: text.node, cell: (node) => <Which node={node} /> },
    { label: text.state, cell: (node) => <How node={node} /> },
    { label: text.role, cell: ({ role }) => text.roles[role] },
    { label: text.connections, isNumber: true, cell: ({ connections }) => formatCount(connections) },
    { label: text.messages, isNumber: true, cell: ({ messagesPerSecond }) => formatRate(messagesPerSecond) },
    { label: text.loop, isNumber: true, cell: ({ eventLoopDelayMs }) => withUnit(formatMs(eventLoopDelayMs)) },
    { label: text.memory, isNumber: true, cell: ({ memoryBytes }) => withUnit(formatBytes(memoryBytes)) },
    { label: text.redis, cell: ({ redis }) => <Redis state={redis} /> },
    { label: text.version, cell: ({ version }) => version },
    { label: text.started, cell: ({ startedAt }) => <TimeAgo at={startedAt} /> },
    ...(mayDrain ? [actions] : []),
  ];
}

const withUnit = ({ text: value, unit }: { readonly text: string; readonly unit: string }): string => `${value}\u00a0${unit}`;

const Which = ({ node }: { readonly node: NodeShape }) => (
  <Group gap={6} wrap="nowrap">
    <Stack gap={0}>
      <code title={node.id}>{shortId(node)}</code>
      {node.url !== undefined && <span style={{ color: 'var(--mantine-color-dimmed)', fontSize: 12 }}>{node.url}</span>}
    </Stack>
    {node.isSelf && <Tag>{text.self}</Tag>}
  </Group>
);

/** Those that are there were heard of just now. */
const How = ({ node: { state, beatAt } }: { readonly node: NodeShape }) => (
  <Stack gap={0}>
    <State tone={TONES[state]}>{text.states[state]}</State>
    {state === 'gone' && (
      <span style={{ color: 'var(--mantine-color-dimmed)', fontSize: 12 }}>
        <TimeAgo at={beatAt} />
      </span>
    )}
  </Stack>
);

const Redis = ({ state }: { readonly state: NodeShape['redis'] }) =>
  state === 'none' ? text.redisStates.none : <State tone={state === 'up' ? 'ok' : 'bad'}>{text.redisStates[state]}</State>;

function DrainButton({ node, isLast }: { readonly node: NodeShape; readonly isLast: boolean }) {
  if (node.state === 'gone' || node.role === 'worker') return null;
  const isDrained = node.state === 'draining';
  const words = isDrained ? text.resume : text.drain;
  const ask = () =>
    confirmThat({
      title: words.title(shortId(node)),
      body: !isDrained && isLast ? <Alert color="orange">{text.drain.last}</Alert> : undefined,
      consequences: words.consequences,
      action: words.action,
      isDanger: !isDrained,
      run: () => call(isDrained ? routes.nodes.resume : routes.nodes.drain, { nodeId: node.id }),
      refresh: refreshPlatform,
      done: words.done,
    });
  return (
    <Button size="xs" variant="default" onClick={ask} aria-label={`${words.action}: ${shortId(node)}`}>
      {words.action}
    </Button>
  );
}
