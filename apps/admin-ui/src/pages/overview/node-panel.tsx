import type { Overview } from '@parley/protocol';
import { formatDuration } from '../../ui/format.js';
import { Facts, Panel } from '../../ui/panel.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { overviewText } from './overview.strings.js';

export function NodePanel({ node, uptimeSeconds }: { readonly node: Overview['node']; readonly uptimeSeconds: number }) {
  const { node: text } = overviewText;
  return (
    <Panel title={text.title}>
      <Facts
        items={[
          [text.version, node.version],
          [text.profile, node.profile],
          [text.uptime, <span className="tabular">{formatDuration(uptimeSeconds)}</span>],
          [text.started, <TimeAgo at={node.startedAt} />],
          [text.node, node.nodeVersion],
          [text.schema, <span className="mono">{node.schemaVersion}</span>],
        ]}
      />
    </Panel>
  );
}
