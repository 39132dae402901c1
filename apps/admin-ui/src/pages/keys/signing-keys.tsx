import { Button, PasswordInput, Stack, Switch, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { routes, type SigningKey } from '@parley/protocol';
import { IconPlus, IconSignature } from '@tabler/icons-react';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshTenant, useRoute } from '../../api/queries.js';
import { CopyId, Secret } from '../../ui/copyable.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { confirmThat, DialogButtons, openDialog, showSecret } from '../../ui/dialogs.js';
import { EmptyView } from '../../ui/empty-view.js';
import { PAGE_SIZE } from '../../ui/list-address.js';
import { ListSection } from '../../ui/list-section.js';
import { useLocalPages } from '../../ui/local-pages.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { ui } from '../../ui/strings.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { StateBadge } from './api-keys.js';
import { keysText } from './keys.strings.js';

const { signing: text } = keysText;

export function SigningKeys({ tenantId }: { readonly tenantId: string }) {
  const pages = useLocalPages();
  const query = useRoute(routes.adminKeys.listSigning, { tenantId, cursor: pages.cursor, limit: PAGE_SIZE });
  const create = (
    <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => openCreate(tenantId)}>
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
        empty={<EmptyView icon={IconSignature} title={text.emptyTitle} body={text.emptyBody} />}
      />
    </ListSection>
  );
}

const columnsOf = (tenantId: string): readonly Column<SigningKey>[] => [
  { label: text.id, cell: (key) => <CopyId id={key.id} label={ui.id.key} /> },
  { label: text.algorithm, cell: (key) => key.algorithm },
  { label: text.issuer, cell: (key) => key.issuer ?? ui.none },
  { label: keysText.state, cell: (key) => <StateBadge revokedAt={key.revokedAt} /> },
  { label: text.created, cell: (key) => <TimeAgo at={key.createdAt} /> },
  {
    label: keysText.actions,
    isActions: true,
    isNumber: true,
    cell: (key) =>
      key.revokedAt === undefined && (
        <Button size="xs" variant="default" onClick={() => confirmRevoke(tenantId, key)} aria-label={`${text.revoke}: ${key.id}`}>
          {text.revoke}
        </Button>
      ),
  },
];

function confirmRevoke(tenantId: string, key: SigningKey): void {
  confirmThat({
    title: text.revokeTitle,
    body: <span className="mono">{key.id}</span>,
    consequences: text.revokeConsequences,
    action: text.revokeAction,
    isDanger: true,
    run: () => call(routes.adminKeys.revokeSigning, { tenantId, keyId: key.id }),
    refresh: () => refreshTenant(tenantId),
    done: text.revoked,
  });
}

function openCreate(tenantId: string): void {
  openDialog({ title: text.createTitle, render: (close) => <NewSigningKey tenantId={tenantId} close={close} /> });
}

interface Values {
  readonly isOwn: boolean;
  readonly secret: string;
}

function NewSigningKey({ tenantId, close }: { readonly tenantId: string; readonly close: () => void }) {
  const form = useForm<Values>({
    initialValues: { isOwn: false, secret: '' },
    validate: { secret: (value, { isOwn }) => (isOwn && new TextEncoder().encode(value).length < 32 ? text.secretHint : null) },
  });
  const action = useAction({
    run: ({ isOwn, secret }: Values) => call(routes.adminKeys.createSigning, { tenantId, secret: isOwn ? secret : undefined }),
    form,
    refresh: () => refreshTenant(tenantId),
    then: ({ key, secret }) => {
      close();
      showSecret({ title: text.secretTitle, label: text.secretLabel, secret, more: <KeyId id={key.id} /> });
    },
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <Text size="sm">{text.createBody}</Text>
        <Switch label={text.own} {...form.getInputProps('isOwn', { type: 'checkbox' })} />
        {form.values.isOwn && (
          <PasswordInput label={text.secret} description={text.secretHint} autoComplete="off" {...form.getInputProps('secret')} />
        )}
        <ProblemAlert problem={action.problem} />
      </Stack>
      <DialogButtons cancel={close}>
        <Button type="submit" loading={action.isBusy} data-autofocus>
          {text.action}
        </Button>
      </DialogButtons>
    </form>
  );
}

const KeyId = ({ id }: { readonly id: string }) => (
  <div>
    <Text size="sm" fw={500} mb={4}>
      {text.kidLabel}
    </Text>
    <Secret value={id} label={text.kidLabel} />
  </div>
);
