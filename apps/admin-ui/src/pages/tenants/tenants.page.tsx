import { Button, Group } from '@mantine/core';
import { routes, type Tenant } from '@parley/protocol';
import { IconBuildingCommunity, IconPlus } from '@tabler/icons-react';
import { useNavigate } from 'react-router';
import { tenantPath } from '../../addresses.js';
import { useRoute } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { StatusBadge } from '../../ui/badges.js';
import { CopyId } from '../../ui/copyable.js';
import { type Column, DataTable, RowLink, isBare } from '../../ui/data-table.js';
import { EmptyView } from '../../ui/empty-view.js';
import { ChoiceFilter, SearchField, Toolbar } from '../../ui/filters.js';
import { PAGE_SIZE, useListAddress } from '../../ui/list-address.js';
import { PageHeader } from '../../ui/page-header.js';
import { PersonAvatar } from '../../ui/person.js';
import { ui } from '../../ui/strings.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { openNewTenant } from './new-tenant.js';
import { tenantsText as text } from './tenants.strings.js';

const STATUSES = [
  { value: '', label: text.all },
  { value: 'active', label: ui.status.active },
  { value: 'suspended', label: ui.status.suspended },
];
const statusOf = (value: string | undefined) => (value === 'active' || value === 'suspended' ? value : undefined);

const COLUMNS: readonly Column<Tenant>[] = [
  {
    label: text.name,
    cell: (tenant) => (
      <Group gap={10} wrap="nowrap">
        <PersonAvatar id={tenant.id} name={tenant.name} isSquare />
        <RowLink to={tenantPath(tenant.id)}>{tenant.name}</RowLink>
      </Group>
    ),
  },
  { label: text.create.id, cell: (tenant) => <CopyId id={tenant.id} label={ui.id.tenant} /> },
  { label: text.status, cell: (tenant) => <StatusBadge status={tenant.status} /> },
  { label: text.created, cell: (tenant) => <TimeAgo at={tenant.createdAt} /> },
];

export default function TenantsPage() {
  const may = useMay();
  const navigate = useNavigate();
  const address = useListAddress();
  const query = useRoute(routes.tenants.list, {
    q: address.get('q'),
    status: statusOf(address.get('status')),
    cursor: address.cursor,
    limit: PAGE_SIZE,
  });
  const create = may('admin') && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => openNewTenant(navigate)}>
      {text.new}
    </Button>
  );
  return (
    <>
      <PageHeader title={text.title} description={text.description} actions={!isBare(query, address) && create} />
      <Toolbar>
        <SearchField address={address} label={text.searchLabel} placeholder={text.searchHint} />
        <ChoiceFilter address={address} name="status" label={text.status} choices={STATUSES} />
      </Toolbar>
      <DataTable
        label={text.table}
        query={query}
        columns={COLUMNS}
        keyOf={(tenant) => tenant.id}
        address={address}
        empty={
          <EmptyView
            icon={IconBuildingCommunity}
            title={text.emptyTitle}
            body={create ? text.emptyBody : text.noneGranted}
            action={create}
          />
        }
      />
    </>
  );
}
