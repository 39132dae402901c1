import { Button, Group, Text } from '@mantine/core';
import { routes, type Presence, type User } from '@parley/protocol';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import { useNavigate } from 'react-router';
import { userPath } from '../../addresses.js';
import { useRoute } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { type Column, DataTable, RowLink, isBare } from '../../ui/data-table.js';
import { EmptyView } from '../../ui/empty-view.js';
import { ChoiceFilter, SearchField, Toolbar } from '../../ui/filters.js';
import { PAGE_SIZE, useListAddress } from '../../ui/list-address.js';
import { PageHeader } from '../../ui/page-header.js';
import { useTenantId } from '../../ui/path-ids.js';
import { PersonLine } from '../../ui/person.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { openNewUser } from './new-user.js';
import { PresenceState, usePresences } from './presence.js';
import { usersText as text } from './users.strings.js';
import { State } from '../../ui/badges.js';

const SHOW = [
  { value: '', label: text.all },
  { value: 'banned', label: text.banned },
  { value: 'deactivated', label: text.deactivated },
];

/** Lists do not carry bans: only the filter tells that everybody shown is banned. Nothing is said of the others. */
function Account({ user, isBanned }: { readonly user: User; readonly isBanned: boolean }) {
  if (!isBanned && !user.deactivatedAt)
    return (
      <Text component="span" size="sm" c="dimmed">
        –
      </Text>
    );
  return (
    <Group gap="sm">
      {isBanned && <State tone="bad">{text.banned}</State>}
      {user.deactivatedAt && <State tone="warn">{text.deactivated}</State>}
    </Group>
  );
}

const columnsOf = (tenantId: string, areBanned: boolean, presences: ReadonlyMap<string, Presence>): readonly Column<User>[] => [
  {
    label: text.user,
    cell: ({ id, name, image }) => (
      <PersonLine id={id} name={name} image={image} link={<RowLink to={userPath(tenantId, id)}>{name}</RowLink>} />
    ),
  },
  { label: text.account, cell: (user) => <Account user={user} isBanned={areBanned} /> },
  { label: text.there, cell: ({ id }) => <PresenceState presence={presences.get(id)} /> },
  { label: text.created, cell: (user) => <TimeAgo at={user.createdAt} /> },
  { label: text.updated, cell: (user) => <TimeAgo at={user.updatedAt} /> },
];

export default function UsersPage() {
  const tenantId = useTenantId();
  const may = useMay();
  const navigate = useNavigate();
  const address = useListAddress();
  const show = address.get('show');
  const query = useRoute(routes.adminUsers.list, {
    tenantId,
    q: address.get('q'),
    banned: show === 'banned' || undefined,
    deactivated: show === 'deactivated' || undefined,
    cursor: address.cursor,
    limit: PAGE_SIZE,
  });
  const presences = usePresences(tenantId, query.data?.items.map(({ id }) => id) ?? []);
  const create = may('admin', tenantId) && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => openNewUser(tenantId, navigate)}>
      {text.new}
    </Button>
  );
  return (
    <>
      <PageHeader title={text.title} actions={!isBare(query, address) && create} />
      <Toolbar>
        <SearchField address={address} label={text.searchLabel} placeholder={text.searchHint} />
        <ChoiceFilter address={address} name="show" label={text.filter} choices={SHOW} />
      </Toolbar>
      <DataTable
        label={text.table}
        query={query}
        columns={columnsOf(tenantId, show === 'banned' && !query.isPlaceholderData, presences)}
        keyOf={(user) => user.id}
        address={address}
        empty={<EmptyView icon={IconUsers} title={text.emptyTitle} body={text.emptyBody} action={create} />}
      />
    </>
  );
}
