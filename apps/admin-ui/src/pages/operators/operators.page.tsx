import { Button, Group } from '@mantine/core';
import { routes, type Operator } from '@parley/protocol';
import { IconPlus, IconUserShield } from '@tabler/icons-react';
import { call } from '../../api/client.js';
import { refreshPlatform, useRoute } from '../../api/queries.js';
import { useMay, useSession } from '../../session/session.js';
import { RoleBadge, State, Tag } from '../../ui/badges.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { confirmThat } from '../../ui/dialogs.js';
import { EmptyView } from '../../ui/empty-view.js';
import { PAGE_SIZE, useListAddress } from '../../ui/list-address.js';
import { PageHeader } from '../../ui/page-header.js';
import { PersonAvatar } from '../../ui/person.js';
import { ui } from '../../ui/strings.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { openNewOperator } from './new-operator.js';
import { operatorsText as text } from './operators.strings.js';

export default function OperatorsPage() {
  const may = useMay();
  const { operator: me } = useSession();
  const address = useListAddress();
  const query = useRoute(routes.operators.list, { cursor: address.cursor, limit: PAGE_SIZE });
  const create = may('owner') && (
    <Button leftSection={<IconPlus size={16} />} onClick={openNewOperator}>
      {text.new}
    </Button>
  );
  return (
    <>
      <PageHeader title={text.title} description={text.description} actions={create} />
      <DataTable
        label={text.table}
        query={query}
        columns={columnsOf(me.id, may('owner'))}
        keyOf={(operator) => operator.id}
        address={address}
        empty={<EmptyView icon={IconUserShield} title={text.emptyTitle} />}
      />
    </>
  );
}

function columnsOf(myId: string, mayChange: boolean): readonly Column<Operator>[] {
  const actions: Column<Operator> = {
    label: text.actions,
    isActions: true,
    isNumber: true,
    cell: (operator) => operator.id !== myId && <AccessButton operator={operator} />,
  };
  return [
    { label: text.operator, cell: (operator) => <Who operator={operator} isMe={operator.id === myId} /> },
    { label: text.role, cell: (operator) => <Roles operator={operator} /> },
    { label: text.state, cell: (operator) => <Access operator={operator} /> },
    { label: text.lastLogin, cell: (operator) => (operator.lastLoginAt ? <TimeAgo at={operator.lastLoginAt} /> : ui.never) },
    { label: text.created, cell: (operator) => <TimeAgo at={operator.createdAt} /> },
    ...(mayChange ? [actions] : []),
  ];
}

const Who = ({ operator, isMe }: { readonly operator: Operator; readonly isMe: boolean }) => (
  <Group gap={10} wrap="nowrap">
    <PersonAvatar id={operator.email} name={operator.name} />
    <div>
      <Group gap={6} fw={500}>
        {operator.name} {isMe && <Tag>{ui.you}</Tag>}
      </Group>
      {operator.name !== operator.email && <div style={{ color: 'var(--mantine-color-dimmed)', fontSize: 12 }}>{operator.email}</div>}
    </div>
  </Group>
);

const Roles = ({ operator }: { readonly operator: Operator }) => (
  <Group gap={6}>
    {operator.role && <RoleBadge role={operator.role} />}
    {operator.tenantRoles.map(({ tenantId, role }) => (
      <Tag key={tenantId}>
        {ui.role[role]} · {tenantId}
      </Tag>
    ))}
  </Group>
);

function Access({ operator }: { readonly operator: Operator }) {
  if (operator.disabledAt) return <State tone="quiet">{text.disabled}</State>;
  return operator.mustChangePassword ? <State tone="warn">{text.invited}</State> : <State tone="ok">{text.active}</State>;
}

function AccessButton({ operator }: { readonly operator: Operator }) {
  const isActive = operator.disabledAt === undefined;
  const words = isActive ? text.disable : text.enable;
  const ask = () =>
    confirmThat({
      title: words.title(operator.email),
      consequences: words.consequences,
      action: words.action,
      isDanger: isActive,
      run: () => call(isActive ? routes.operators.disable : routes.operators.enable, { operatorId: operator.id }),
      refresh: refreshPlatform,
      done: words.done,
    });
  return (
    <Button size="xs" variant="default" onClick={ask} aria-label={`${words.action}: ${operator.email}`}>
      {words.action}
    </Button>
  );
}
