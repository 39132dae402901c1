import { Button } from '@mantine/core';
import { routes } from '@parley/protocol';
import { IconBan, IconShieldCheck } from '@tabler/icons-react';
import { useRoute } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { isBare } from '../../ui/data-table.js';
import { EmptyView } from '../../ui/empty-view.js';
import { ChoiceFilter, SearchField, Toolbar } from '../../ui/filters.js';
import { PAGE_SIZE, useListAddress } from '../../ui/list-address.js';
import { PageHeader } from '../../ui/page-header.js';
import { useTenantId } from '../../ui/path-ids.js';
import { openBan } from './ban-dialog.js';
import { BansTable } from './bans-table.js';
import { bansText as text } from './bans.strings.js';

const SCOPES = [
  { value: '', label: text.all },
  { value: 'tenant', label: text.tenant },
  { value: 'room', label: text.room },
];
const scopeOf = (value: string | undefined) => (value === 'tenant' || value === 'room' ? value : undefined);

export default function BansPage() {
  const tenantId = useTenantId();
  const may = useMay();
  const address = useListAddress();
  const query = useRoute(routes.adminBans.list, {
    tenantId,
    scope: scopeOf(address.get('scope')),
    userId: address.get('userId'),
    cursor: address.cursor,
    limit: PAGE_SIZE,
  });
  const create = may('moderator', tenantId) && (
    <Button variant="outline" color="red" leftSection={<IconBan size={16} />} onClick={() => openBan({ tenantId })}>
      {text.new}
    </Button>
  );
  return (
    <>
      <PageHeader title={text.title} description={text.description} actions={!isBare(query, address) && create} />
      <Toolbar>
        <SearchField address={address} name="userId" label={text.userFilter} />
        <ChoiceFilter address={address} name="scope" label={text.scopeLabel} choices={SCOPES} />
      </Toolbar>
      <BansTable
        tenantId={tenantId}
        query={query}
        address={address}
        empty={<EmptyView icon={IconShieldCheck} title={text.emptyTitle} body={text.emptyBody} action={create} />}
      />
    </>
  );
}
