import { Anchor, Autocomplete, Button, Stack, Text } from '@mantine/core';
import type { AuditRecord } from '@parley/protocol';
import { IconHistory } from '@tabler/icons-react';
import { useState } from 'react';
import { Tag } from '../../ui/badges.js';
import { CopyId, Snippet } from '../../ui/copyable.js';
import { type Column, DataTable, type Loaded } from '../../ui/data-table.js';
import { openDialog } from '../../ui/dialogs.js';
import { EmptyView } from '../../ui/empty-view.js';
import filterClasses from '../../ui/filters.module.css';
import { SearchField, Toolbar } from '../../ui/filters.js';
import { formatTime } from '../../ui/format.js';
import type { ListAddress } from '../../ui/list-address.js';
import { Facts } from '../../ui/panel.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { AUDIT_ACTIONS, auditText as text } from './audit.strings.js';
import { ui } from '../../ui/strings.js';

const COLUMNS: readonly Column<AuditRecord>[] = [
  {
    label: text.action,
    cell: (record) => (
      <Anchor component="button" type="button" size="sm" className="mono" c="var(--mantine-color-text)" onClick={() => openRecord(record)}>
        {record.action}
      </Anchor>
    ),
  },
  { label: text.actor, cell: (record) => <Actor record={record} isShort /> },
  {
    label: text.target,
    cell: ({ target }) => <Reference name={target.kind} id={target.id} label={ui.id.of(target.kind)} />,
  },
  { label: text.from, cell: (record) => <span className="mono">{record.ip}</span> },
  { label: text.when, cell: (record) => <TimeAgo at={record.at} /> },
  {
    label: text.details,
    isActions: true,
    isNumber: true,
    cell: (record) => (
      <Button
        size="xs"
        variant="subtle"
        color="gray"
        onClick={() => openRecord(record)}
        aria-label={`${text.details}: ${text.detailsOf(record.number)}`}
      >
        {text.details}
      </Button>
    ),
  },
];

/** What it is above, its id below: ids are long and the columns are narrow. */
const Reference = ({ name, id, label }: { readonly name: string; readonly id: string; readonly label: string }) => (
  <div style={{ maxWidth: 220 }}>
    <div>{name}</div>
    <CopyId id={id} label={label} />
  </div>
);

/** In the list the layout shortens the id; its title and the copy button have all of it. */
const Actor = ({ record, isShort = false }: { readonly record: AuditRecord; readonly isShort?: boolean }) => (
  <div style={{ maxWidth: isShort ? 180 : undefined }}>
    <div>
      <Tag>{text.kinds[record.actorKind]}</Tag> {record.actorName}
    </div>
    <CopyId id={record.actorId} label={ui.id.actor} />
  </div>
);

function openRecord(record: AuditRecord): void {
  const hasDetail = Object.keys(record.detail).length > 0;
  openDialog({
    title: text.detailsOf(record.number),
    size: 'lg',
    render: () => (
      <Stack gap="md">
        <Facts
          items={[
            [text.when, formatTime(record.at)],
            [text.action, <span className="mono">{record.action}</span>],
            [text.actor, <Actor record={record} />],
            [text.target, <CopyId id={record.target.id} label={ui.id.of(record.target.kind)} />],
            record.ip !== undefined && [text.ip, <span className="mono">{record.ip}</span>],
            [text.request, <CopyId id={record.requestId} label={ui.id.request} />],
            [text.hash, <CopyId id={record.hash} label={ui.id.hash} />],
          ]}
        />
        {hasDetail && <Snippet code={JSON.stringify(record.detail, null, 2)} label={text.detail} />}
      </Stack>
    ),
  });
}

export function AuditTable({ query, address }: { readonly query: Loaded<AuditRecord>; readonly address: ListAddress }) {
  return (
    <>
      <Toolbar>
        <ActionFilter address={address} />
        <SearchField address={address} name="actorId" label={text.actorFilter} />
      </Toolbar>
      <DataTable
        label={text.table}
        query={query}
        columns={COLUMNS}
        keyOf={(record) => String(record.number)}
        address={address}
        empty={<EmptyView icon={IconHistory} title={text.emptyTitle} body={<Text size="sm">{text.emptyBody}</Text>} />}
      />
    </>
  );
}

/** The server compares whole actions, so it is asked on choosing or Enter, not on every key. */
function ActionFilter({ address }: { readonly address: ListAddress }) {
  const current = address.get('action') ?? '';
  const [typed, setTyped] = useState<string>();
  const commit = (value: string) => {
    setTyped(undefined);
    if (value.trim() !== current) address.set({ action: value.trim() || undefined });
  };
  return (
    <Autocomplete
      aria-label={text.action}
      placeholder={text.actionFilter}
      data={[...AUDIT_ACTIONS]}
      value={typed ?? current}
      onChange={setTyped}
      onOptionSubmit={commit}
      onBlur={() => typed !== undefined && commit(typed)}
      onKeyDown={(event) => event.key === 'Enter' && commit(typed ?? current)}
      onClear={() => commit('')}
      clearable
      className={filterClasses.field}
      spellCheck={false}
      data-page-search
    />
  );
}
