import { Button, MultiSelect, Stack, Text, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { SCOPES, type Scope } from '@parley/domain';
import { routes, type ApiKey } from '@parley/protocol';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshTenant, useRoute } from '../../api/queries.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { confirmThat, DialogButtons, openDialog, showSecret } from '../../ui/dialogs.js';
import { EmptyView } from '../../ui/empty-view.js';
import { PAGE_SIZE } from '../../ui/list-address.js';
import { ListSection } from '../../ui/list-section.js';
import { useLocalPages } from '../../ui/local-pages.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { ui } from '../../ui/strings.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { keysText } from './keys.strings.js';
import { State } from '../../ui/badges.js';

const { api: text } = keysText;

export function ApiKeys({ tenantId }: { readonly tenantId: string }) {
  const pages = useLocalPages();
  const query = useRoute(routes.adminKeys.list, { tenantId, cursor: pages.cursor, limit: PAGE_SIZE });
  const create = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => openCreate(tenantId)}>
      {text.new}
    </Button>
  );
  return (
    <ListSection title={text.title} description={text.description} action={create}>
      <DataTable
        label={text.table}
        query={query}
        columns={columnsOf(tenantId)}
        keyOf={(key) => key.id}
        address={pages}
        empty={<EmptyView icon={IconKey} title={text.emptyTitle} body={text.emptyBody} />}
      />
    </ListSection>
  );
}

export const StateBadge = ({ revokedAt }: { readonly revokedAt: string | undefined }) =>
  revokedAt === undefined ? <State tone="ok">{keysText.activeBadge}</State> : <State tone="quiet">{keysText.revokedBadge}</State>;

const columnsOf = (tenantId: string): readonly Column<ApiKey>[] => [
  {
    label: text.name,
    cell: (key) => (
      <Text fw={500} size="sm">
        {key.name}
      </Text>
    ),
  },
  { label: text.prefix, cell: (key) => <span className="mono">{key.prefix}…</span> },
  { label: text.scopes, cell: (key) => <Scopes scopes={key.scopes} /> },
  { label: keysText.state, cell: (key) => <StateBadge revokedAt={key.revokedAt} /> },
  { label: text.created, cell: (key) => <TimeAgo at={key.createdAt} /> },
  { label: text.used, cell: (key) => (key.lastUsedAt ? <TimeAgo at={key.lastUsedAt} /> : ui.never) },
  {
    label: keysText.actions,
    isActions: true,
    isNumber: true,
    cell: (key) =>
      key.revokedAt === undefined && (
        <Button size="xs" variant="default" onClick={() => confirmRevoke(tenantId, key)} aria-label={`${text.revoke}: ${key.name}`}>
          {text.revoke}
        </Button>
      ),
  },
];

function Scopes({ scopes }: { readonly scopes: readonly string[] }) {
  const isAll = SCOPES.every((scope) => scopes.includes(scope));
  return (
    <Text size="sm" c="dimmed" maw={220} lineClamp={2} title={scopes.join(', ')}>
      {isAll ? text.allScopes : scopes.join(', ')}
    </Text>
  );
}

function confirmRevoke(tenantId: string, key: ApiKey): void {
  confirmThat({
    title: text.revokeTitle(key.name),
    consequences: text.revokeConsequences,
    action: text.revokeAction,
    isDanger: true,
    run: () => call(routes.adminKeys.revoke, { tenantId, keyId: key.id }),
    refresh: () => refreshTenant(tenantId),
    done: text.revoked,
  });
}

function openCreate(tenantId: string): void {
  openDialog({ title: text.createTitle, render: (close) => <NewKey tenantId={tenantId} close={close} /> });
}

interface Values {
  readonly name: string;
  readonly scopes: Scope[];
}

function NewKey({ tenantId, close }: { readonly tenantId: string; readonly close: () => void }) {
  const form = useForm<Values>({ initialValues: { name: '', scopes: [] }, validate: { name: isNotEmpty(text.nameRequired) } });
  const action = useAction({
    run: ({ name, scopes }: Values) =>
      call(routes.adminKeys.create, { tenantId, name: name.trim(), scopes: scopes.length > 0 ? scopes : undefined }),
    form,
    refresh: () => refreshTenant(tenantId),
    then: ({ secret }) => {
      close();
      showSecret({ title: text.secretTitle, label: text.secretLabel, secret });
    },
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <TextInput
          label={text.name}
          description={text.nameHint}
          maxLength={100}
          data-autofocus
          autoComplete="off"
          {...form.getInputProps('name')}
        />
        <MultiSelect label={text.scopes} description={text.scopesHint} data={[...SCOPES]} clearable {...form.getInputProps('scopes')} />
        <ProblemAlert problem={action.problem} />
      </Stack>
      <DialogButtons cancel={close}>
        <Button type="submit" loading={action.isBusy}>
          {text.action}
        </Button>
      </DialogButtons>
    </form>
  );
}
