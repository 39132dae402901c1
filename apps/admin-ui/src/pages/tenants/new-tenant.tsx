import { Button, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { isTenantId } from '@parley/domain';
import { routes } from '@parley/protocol';
import type { NavigateFunction } from 'react-router';
import { tenantPath } from '../../addresses.js';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshPlatform } from '../../api/queries.js';
import { DialogButtons, openDialog } from '../../ui/dialogs.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { tenantsText } from './tenants.strings.js';

const { create: text } = tenantsText;

export function openNewTenant(navigate: NavigateFunction): void {
  openDialog({ title: text.title, render: (close) => <NewTenant close={close} navigate={navigate} /> });
}

function NewTenant({ close, navigate }: { readonly close: () => void; readonly navigate: NavigateFunction }) {
  const form = useForm({
    initialValues: { id: '', name: '' },
    validate: { id: (value) => (isTenantId(value) ? null : text.badId) },
  });
  const action = useAction({
    run: ({ id, name }: { id: string; name: string }) => call(routes.tenants.create, { id, name: name.trim() || undefined }),
    form,
    refresh: refreshPlatform,
    done: text.done,
    then: ({ tenant }) => {
      close();
      void navigate(tenantPath(tenant.id));
    },
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <TextInput
          label={text.id}
          description={text.idHint}
          placeholder="acme"
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          {...form.getInputProps('id')}
        />
        <TextInput label={text.name} description={text.nameHint} maxLength={100} autoComplete="off" {...form.getInputProps('name')} />
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
