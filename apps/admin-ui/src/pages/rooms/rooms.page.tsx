import { Button } from '@mantine/core';
import { routes } from '@parley/protocol';
import { IconMessages, IconPlus } from '@tabler/icons-react';
import { useNavigate } from 'react-router';
import { useRoute } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { DataTable, isBare } from '../../ui/data-table.js';
import { EmptyView } from '../../ui/empty-view.js';
import { ChoiceFilter, SearchField, Toolbar } from '../../ui/filters.js';
import { PAGE_SIZE, useListAddress } from '../../ui/list-address.js';
import { PageHeader } from '../../ui/page-header.js';
import { useTenantId } from '../../ui/path-ids.js';
import { openNewRoom } from './new-room.js';
import { roomColumns } from './room-columns.js';
import { roomsText as text } from './rooms.strings.js';

const KINDS = [
  { value: '', label: text.all },
  { value: 'group', label: text.groups },
  { value: 'channel', label: text.channels },
  { value: 'direct', label: text.direct },
];
const kindOf = (value: string | undefined) => (value === 'group' || value === 'channel' || value === 'direct' ? value : undefined);

export default function RoomsPage() {
  const tenantId = useTenantId();
  const may = useMay();
  const navigate = useNavigate();
  const address = useListAddress();
  const query = useRoute(routes.adminRooms.list, {
    tenantId,
    q: address.get('q'),
    kind: kindOf(address.get('kind')),
    cursor: address.cursor,
    limit: PAGE_SIZE,
  });
  const create = may('admin', tenantId) && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => openNewRoom(tenantId, navigate)}>
      {text.new}
    </Button>
  );
  return (
    <>
      <PageHeader title={text.title} description={text.description} actions={!isBare(query, address) && create} />
      <Toolbar>
        <SearchField address={address} label={text.searchLabel} placeholder={text.searchHint} />
        <ChoiceFilter address={address} name="kind" label={text.kindLabel} choices={KINDS} />
      </Toolbar>
      <DataTable
        label={text.table}
        query={query}
        columns={roomColumns(tenantId)}
        keyOf={(room) => room.id}
        address={address}
        empty={<EmptyView icon={IconMessages} title={text.emptyTitle} body={text.emptyBody} action={create} />}
      />
    </>
  );
}
