import type { Overview } from '@parley/protocol';
import { formatCount } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import classes from './overview.module.css';
import { overviewText } from './overview.strings.js';

export function Totals({ totals: { tenants, suspendedTenants, totals } }: { readonly totals: Overview['tenants'] }) {
  const { totals: text } = overviewText;
  return (
    <Panel title={text.title}>
      <FigureList
        figures={[
          [text.tenants, tenants, suspendedTenants > 0 ? `${suspendedTenants} ${text.suspended}` : ''],
          [text.users, totals.users],
          [text.rooms, totals.rooms],
          [text.messages, totals.messages],
          [text.bans, totals.bans],
        ]}
      />
    </Panel>
  );
}

export function FigureList({ figures }: { readonly figures: readonly (readonly [string, number, string?])[] }) {
  return (
    <dl className={classes.totals}>
      {figures.map(([label, value, more]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {formatCount(value)} {more && <span className={classes.unit}>{more}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
