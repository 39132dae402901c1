import { Button, Stack, Text, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { routes } from '@parley/protocol';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { DialogButtons, openDialog, showSecret } from '../../ui/dialogs.js';
import { DurationField } from '../../ui/duration-field.js';
import { formatTime } from '../../ui/format.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { UserField } from '../../ui/user-picker.js';
import { keysText } from './keys.strings.js';

const { mint: text, presets } = keysText;
const PRESETS = [
  { seconds: 900, label: presets.quarter },
  { seconds: 86_400, label: presets.day },
  { seconds: 2_592_000, label: presets.month },
];

export function openMintToken(tenantId: string, userId?: string): void {
  openDialog({ title: text.title, render: (close) => <MintToken tenantId={tenantId} userId={userId} close={close} /> });
}

interface Values {
  readonly userId: string;
  readonly name: string;
  readonly expiresInSeconds: number | undefined;
}

interface MintProps {
  readonly tenantId: string;
  readonly userId: string | undefined;
  readonly close: () => void;
}

function MintToken({ tenantId, userId, close }: MintProps) {
  const form = useForm<Values>({
    initialValues: { userId: userId ?? '', name: '', expiresInSeconds: undefined },
    validate: { userId: isNotEmpty(text.userRequired) },
  });
  const action = useAction({
    run: (values: Values) => call(routes.adminKeys.mintToken, { tenantId, ...values, name: values.name.trim() || undefined }),
    form,
    refresh: () => refreshTenant(tenantId),
    then: ({ token, expiresAt }) => {
      close();
      const more = <Text size="sm" c="dimmed">{`${text.valid} ${formatTime(expiresAt)}`}</Text>;
      showSecret({ title: text.resultTitle, label: text.label, secret: token, more });
    },
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <Text size="sm">{text.body}</Text>
        <UserField
          label={text.user}
          tenantId={tenantId}
          disabled={userId !== undefined}
          error={form.errors['userId']}
          value={form.values.userId}
          onChange={(value) => form.setFieldValue('userId', value)}
        />
        {userId === undefined && (
          <TextInput label={text.name} description={text.nameHint} maxLength={100} autoComplete="off" {...form.getInputProps('name')} />
        )}
        <DurationField
          label={text.expiry}
          value={form.values.expiresInSeconds}
          onChange={(seconds) => form.setFieldValue('expiresInSeconds', seconds)}
          endless={text.endless}
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
