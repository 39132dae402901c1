import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { tenantPath } from '../../addresses.js';
import { formatCount } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import classes from './overview.module.css';
import { overviewText } from './overview.strings.js';

const SHOWN = 8;

export function ConnectionsByTenant({ connections }: { readonly connections: Readonly<Record<string, number>> }) {
  const { byTenant: text } = overviewText;
  const rows = Object.entries(connections).sort(([, one], [, other]) => other - one);
  const most = rows[0]?.[1] ?? 1;
  return (
    <Panel title={text.title}>
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          {text.none}
        </Text>
      )}
      <ul className={classes.bars}>
        {rows.slice(0, SHOWN).map(([tenantId, count]) => (
          <li key={tenantId}>
            <Anchor component={Link} to={tenantPath(tenantId)} size="sm" truncate>
              {tenantId}
            </Anchor>
            <div className={classes.bar} style={{ width: `${(count / most) * 100}%` }} aria-hidden="true" />
            <span className={classes.count}>{formatCount(count)}</span>
          </li>
        ))}
      </ul>
      {rows.length > SHOWN && (
        <Text size="xs" c="dimmed" mt="xs">
          {text.others(rows.length - SHOWN)}
        </Text>
      )}
    </Panel>
  );
}
