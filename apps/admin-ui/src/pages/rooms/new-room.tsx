import { Button, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { isAppId } from '@parley/domain';
import { routes } from '@parley/protocol';
import type { NavigateFunction } from 'react-router';
import { roomPath } from '../../addresses.js';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { DialogButtons, openDialog } from '../../ui/dialogs.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { ui } from '../../ui/strings.js';
import { UsersField } from '../../ui/user-picker.js';
import { roomsText } from './rooms.strings.js';

const { create: text } = roomsText;

export function openNewRoom(tenantId: string, navigate: NavigateFunction): void {
  openDialog({ title: text.title, render: (close) => <NewRoom tenantId={tenantId} close={close} navigate={navigate} /> });
}

interface Values {
  readonly kind: 'group' | 'channel';
  readonly id: string;
  readonly name: string;
  readonly members: string[];
}

interface NewRoomProps {
  readonly tenantId: string;
  readonly close: () => void;
  readonly navigate: NavigateFunction;
}

function NewRoom({ tenantId, close, navigate }: NewRoomProps) {
  const form = useForm<Values>({
    initialValues: { kind: 'group', id: '', name: '', members: [] },
    validate: { id: (value) => (value === '' || isAppId(value) ? null : text.badId) },
  });
  const action = useAction({
    run: ({ kind, id, name, members }: Values) =>
      call(routes.adminRooms.create, { tenantId, kind, id: id || undefined, name: name.trim() || undefined, members }),
    form,
    refresh: () => refreshTenant(tenantId),
    done: text.done,
    then: ({ room }) => {
      close();
      void navigate(roomPath(tenantId, room.id));
    },
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <div>
          <SegmentedControl
            fullWidth
            aria-label={text.kind}
            data={(['group', 'channel'] as const).map((value) => ({ value, label: ui.kind[value] }))}
            {...form.getInputProps('kind')}
          />
          <Text size="xs" c="dimmed" mt={4}>
            {text.kindHint[form.values.kind]}
          </Text>
        </div>
        <TextInput label={text.name} maxLength={100} autoComplete="off" data-autofocus {...form.getInputProps('name')} />
        <TextInput label={text.id} description={text.idHint} autoComplete="off" spellCheck={false} {...form.getInputProps('id')} />
        <UsersField
          label={text.members}
          description={text.membersHint}
          tenantId={tenantId}
          error={form.errors['members']}
          value={form.values.members}
          onChange={(members) => form.setFieldValue('members', members)}
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
