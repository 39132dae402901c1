import { Button, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { isAppId } from '@parley/domain';
import { routes } from '@parley/protocol';
import type { NavigateFunction } from 'react-router';
import { userPath } from '../../addresses.js';
import { useAction } from '../../api/actions.js';
import { call, isNotFound } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { DialogButtons, openDialog } from '../../ui/dialogs.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { usersText } from './users.strings.js';

const { create: text } = usersText;

export function openNewUser(tenantId: string, navigate: NavigateFunction): void {
  openDialog({ title: text.title, render: (close) => <NewUser tenantId={tenantId} close={close} navigate={navigate} /> });
}

interface Values {
  readonly userId: string;
  readonly name: string;
  readonly image: string;
}

/** The call creates or changes; here it must only create, so who exists is asked first. */
async function isTaken(tenantId: string, userId: string): Promise<boolean> {
  try {
    await call(routes.adminUsers.get, { tenantId, userId });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function create(tenantId: string, { userId, name, image }: Values): Promise<string | undefined> {
  if (await isTaken(tenantId, userId)) return undefined;
  await call(routes.adminUsers.put, { tenantId, userId, name: name.trim() || undefined, image: image.trim() || undefined });
  return userId;
}

interface NewUserProps {
  readonly tenantId: string;
  readonly close: () => void;
  readonly navigate: NavigateFunction;
}

function NewUser({ tenantId, close, navigate }: NewUserProps) {
  const form = useForm<Values>({
    initialValues: { userId: '', name: '', image: '' },
    validate: { userId: (value) => (isAppId(value) ? null : text.badId) },
  });
  const action = useAction({
    run: (values: Values) => create(tenantId, values),
    form,
    refresh: () => refreshTenant(tenantId),
    then: (userId) => {
      if (userId === undefined) return form.setFieldError('userId', text.exists);
      close();
      void navigate(userPath(tenantId, userId));
    },
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <TextInput
          label={text.id}
          description={text.idHint}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          {...form.getInputProps('userId')}
        />
        <TextInput label={text.name} maxLength={100} autoComplete="off" {...form.getInputProps('name')} />
        <TextInput label={text.image} placeholder={text.imageHint} type="url" autoComplete="off" {...form.getInputProps('image')} />
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
