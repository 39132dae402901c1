import { Button, Stack, Text, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { routes, type OperatorToken } from '@parley/protocol';
import { IconPlus, IconTerminal2 } from '@tabler/icons-react';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshPlatform, useRoute } from '../../api/queries.js';
import { Snippet } from '../../ui/copyable.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { confirmThat, DialogButtons, openDialog, showSecret } from '../../ui/dialogs.js';
import { DurationField } from '../../ui/duration-field.js';
import { EmptyView } from '../../ui/empty-view.js';
import { ListSection } from '../../ui/list-section.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { ui } from '../../ui/strings.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { accountText } from './account.strings.js';

const { tokens: text } = accountText;
const DAY = 86_400;
const PRESETS = [
  { seconds: 30 * DAY, label: text.presets.month },
  { seconds: 90 * DAY, label: text.presets.quarter },
  { seconds: 365 * DAY, label: text.presets.year },
];

const COLUMNS: readonly Column<OperatorToken>[] = [
  {
    label: text.name,
    cell: (token) => (
      <Text fw={500} size="sm">
        {token.name}
      </Text>
    ),
  },
  { label: text.created, cell: (token) => <TimeAgo at={token.createdAt} /> },
  { label: text.used, cell: (token) => (token.lastUsedAt ? <TimeAgo at={token.lastUsedAt} /> : ui.never) },
  { label: text.expires, cell: (token) => (token.expiresAt ? <TimeAgo at={token.expiresAt} /> : ui.never) },
  {
    label: text.actions,
    isActions: true,
    isNumber: true,
    cell: (token) => (
      <Button size="xs" variant="default" onClick={() => confirmRevoke(token)} aria-label={`${text.revoke}: ${token.name}`}>
        {text.revoke}
      </Button>
    ),
  },
];

export function AccessTokens() {
  const query = useRoute(routes.operators.listTokens, {});
  const create = (
    <Button variant="default" leftSection={<IconPlus size={16} />} onClick={openCreate}>
      {text.new}
    </Button>
  );
  return (
    <ListSection title={text.title} description={text.description} action={create}>
      <DataTable
        label={text.table}
        query={query}
        columns={COLUMNS}
        keyOf={(token) => token.id}
        empty={<EmptyView icon={IconTerminal2} title={text.emptyTitle} body={text.emptyBody} />}
      />
    </ListSection>
  );
}

function confirmRevoke({ id, name }: OperatorToken): void {
  confirmThat({
    title: text.revokeTitle(name),
    consequences: text.revokeConsequences,
    action: text.revokeAction,
    isDanger: true,
    run: () => call(routes.operators.revokeToken, { tokenId: id }),
    refresh: refreshPlatform,
    done: text.revoked,
  });
}

function openCreate(): void {
  openDialog({ title: text.createTitle, render: (close) => <NewToken close={close} /> });
}

interface Values {
  readonly name: string;
  readonly expiresInSeconds: number | undefined;
}

function NewToken({ close }: { readonly close: () => void }) {
  const form = useForm<Values>({
    initialValues: { name: '', expiresInSeconds: 90 * DAY },
    validate: { name: isNotEmpty(text.nameRequired) },
  });
  const action = useAction({
    run: ({ name, expiresInSeconds }: Values) => call(routes.operators.createToken, { name: name.trim(), expiresInSeconds }),
    form,
    refresh: refreshPlatform,
    then: ({ secret }) => {
      close();
      showSecret({ title: text.secretTitle, label: text.secretLabel, secret, more: <HowToUse /> });
    },
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <TextInput
          label={text.name}
          description={text.nameHint}
          maxLength={100}
          autoComplete="off"
          data-autofocus
          {...form.getInputProps('name')}
        />
        <DurationField
          label={text.expiry}
          value={form.values.expiresInSeconds}
          onChange={(seconds) => form.setFieldValue('expiresInSeconds', seconds)}
          endless={text.noExpiry}
          presets={PRESETS}
        />
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

/** Without the secret in it: command lines end up in histories. */
const HowToUse = () => (
  <div>
    <Text size="sm" mb={4}>
      {text.use}
    </Text>
    <Snippet code={`export PARLEY_URL=${window.location.origin}\nexport PARLEY_TOKEN=…\nnpx chatctl tenants list`} label={text.useLabel} />
  </div>
);
