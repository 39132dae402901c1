import { Button, Input, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { isEmail, useForm } from '@mantine/form';
import { OPERATOR_ROLES, type OperatorRole } from '@parley/domain';
import { routes } from '@parley/protocol';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshPlatform } from '../../api/queries.js';
import { DialogButtons, openDialog, showSecret } from '../../ui/dialogs.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { operatorsText } from './operators.strings.js';

const { create: text } = operatorsText;

export function openNewOperator(): void {
  openDialog({ title: text.title, render: (close) => <NewOperator close={close} /> });
}

interface Values {
  readonly email: string;
  readonly name: string;
  readonly role: OperatorRole;
  readonly scope: 'platform' | 'tenant';
  readonly tenantId: string;
}

const create = ({ email, name, role, scope, tenantId }: Values) =>
  call(routes.operators.create, {
    email: email.trim(),
    name: name.trim() || undefined,
    role,
    tenantId: scope === 'tenant' ? tenantId.trim() : undefined,
  });

function NewOperator({ close }: { readonly close: () => void }) {
  const form = useForm<Values>({
    initialValues: { email: '', name: '', role: 'viewer', scope: 'platform', tenantId: '' },
    validate: {
      email: isEmail(text.badEmail),
      tenantId: (value, { scope }) => (scope === 'tenant' && value.trim() === '' ? text.tenantRequired : null),
    },
  });
  const action = useAction({
    run: create,
    form,
    refresh: refreshPlatform,
    then: ({ operator, password }) => {
      close();
      const more = <Text size="sm">{text.secretMore(operator.email)}</Text>;
      showSecret({ title: text.secretTitle, label: text.secretLabel, secret: password, more });
    },
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <TextInput label={text.email} type="email" autoComplete="off" data-autofocus {...form.getInputProps('email')} />
        <TextInput label={text.name} maxLength={100} autoComplete="off" {...form.getInputProps('name')} />
        <Select
          label={text.role}
          data={OPERATOR_ROLES.map((value) => ({ value, label: text.roles[value] }))}
          allowDeselect={false}
          {...form.getInputProps('role')}
        />
        <Input.Wrapper label={text.scope} labelElement="div">
          <SegmentedControl
            fullWidth
            aria-label={text.scope}
            data={(['platform', 'tenant'] as const).map((value) => ({ value, label: text.scopes[value] }))}
            {...form.getInputProps('scope')}
          />
        </Input.Wrapper>
        {form.values.scope === 'tenant' && (
          <TextInput label={text.tenant} spellCheck={false} autoComplete="off" {...form.getInputProps('tenantId')} />
        )}
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
