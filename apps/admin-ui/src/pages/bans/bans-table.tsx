import { Anchor, Button, Text } from '@mantine/core';
import type { Ban } from '@parley/protocol';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { roomPath, userPath } from '../../addresses.js';
import { useMay } from '../../session/session.js';
import { CopyId } from '../../ui/copyable.js';
import { type Column, DataTable, type Loaded } from '../../ui/data-table.js';
import type { ListAddress } from '../../ui/list-address.js';
import { PersonAvatar } from '../../ui/person.js';
import { ui } from '../../ui/strings.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { bansText } from './bans.strings.js';
import { confirmLift } from './lift-ban.js';

const { columns: text } = bansText;

const UserCell = ({ ban, tenantId }: { readonly ban: Ban; readonly tenantId: string }) => (
  <span style={{ display: 'flex', alignItems: 'center', gap: 10 }}>
    <PersonAvatar id={ban.userId} />
    <Anchor component={Link} to={userPath(tenantId, ban.userId)} size="sm" c="var(--mantine-color-text)" fw={500}>
      {ban.userId}
    </Anchor>
  </span>
);

function ScopeCell({ ban, tenantId }: { readonly ban: Ban; readonly tenantId: string }) {
  if (ban.roomId === undefined) return <span>{bansText.wholeTenant}</span>;
  return (
    <Anchor component={Link} to={roomPath(tenantId, ban.roomId)} size="sm" className="mono">
      {ban.roomId}
    </Anchor>
  );
}

const ReasonCell = ({ ban }: { readonly ban: Ban }) => (
  <Text size="sm" c={ban.reason ? undefined : 'dimmed'} maw={320} lineClamp={2} title={ban.reason}>
    {ban.reason ?? bansText.noReason}
  </Text>
);

function columnsOf(tenantId: string, isOfRoom: boolean, mayLift: boolean): readonly Column<Ban>[] {
  const scope: Column<Ban> = { label: text.scope, cell: (ban) => <ScopeCell ban={ban} tenantId={tenantId} /> };
  const lift: Column<Ban> = {
    label: text.actions,
    isActions: true,
    isNumber: true,
    cell: (ban) => (
      <Button size="xs" variant="default" onClick={() => confirmLift(tenantId, ban)} aria-label={`${bansText.lift}: ${ban.userId}`}>
        {bansText.lift}
      </Button>
    ),
  };
  return [
    { label: text.user, cell: (ban) => <UserCell ban={ban} tenantId={tenantId} /> },
    ...(isOfRoom ? [] : [scope]),
    { label: text.reason, cell: (ban) => <ReasonCell ban={ban} /> },
    {
      label: text.by,
      cell: (ban) => (
        <div style={{ maxWidth: 200 }}>
          <div>{bansText.kinds[ban.createdByKind]}</div>
          <CopyId id={ban.createdBy} />
        </div>
      ),
    },
    { label: text.since, cell: (ban) => <TimeAgo at={ban.createdAt} /> },
    { label: text.until, cell: (ban) => (ban.expiresAt ? <TimeAgo at={ban.expiresAt} /> : ui.untilLifted) },
    ...(mayLift ? [lift] : []),
  ];
}

export interface BansTableProps {
  readonly tenantId: string;
  readonly query: Loaded<Ban>;
  readonly address: ListAddress;
  readonly isOfRoom?: boolean;
  readonly empty: ReactNode;
}

export function BansTable({ tenantId, query, address, isOfRoom = false, empty }: BansTableProps) {
  const may = useMay();
  return (
    <DataTable
      label={bansText.table}
      query={query}
      columns={columnsOf(tenantId, isOfRoom, may('moderator', tenantId))}
      keyOf={(ban) => ban.id}
      address={address}
      empty={empty}
    />
  );
}
