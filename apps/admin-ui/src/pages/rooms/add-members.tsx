import { Button, Group, List, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { routes, type Out } from '@parley/protocol';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { DialogButtons, openDialog } from '../../ui/dialogs.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { ui } from '../../ui/strings.js';
import { UsersField } from '../../ui/user-picker.js';
import { roomsText } from './rooms.strings.js';
import { State } from '../../ui/badges.js';

const { member: text } = roomsText;
type Results = Out<typeof routes.adminRooms.addMembers>['results'];

export function openAddMembers(tenantId: string, roomId: string): void {
  openDialog({ title: text.addTitle, render: (close) => <AddMembers tenantId={tenantId} roomId={roomId} close={close} /> });
}

interface AddProps {
  readonly tenantId: string;
  readonly roomId: string;
  readonly close: () => void;
}

function AddMembers({ tenantId, roomId, close }: AddProps) {
  const form = useForm<{ userIds: string[] }>({
    initialValues: { userIds: [] },
    validate: { userIds: (value) => (value.length === 0 ? text.addRequired : null) },
  });
  const action = useAction({
    run: ({ userIds }: { userIds: string[] }) => call(routes.adminRooms.addMembers, { tenantId, roomId, userIds }),
    form,
    refresh: () => refreshTenant(tenantId),
    then: ({ results }) => {
      close();
      if (results.some((result) => result.status !== 'added')) openResults(results);
    },
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <UsersField
          label={text.addLabel}
          description={text.addHint}
          tenantId={tenantId}
          data-autofocus
          error={form.errors['userIds']}
          value={form.values.userIds}
          onChange={(userIds) => form.setFieldValue('userIds', userIds)}
        />
        <ProblemAlert problem={action.problem} />
      </Stack>
      <DialogButtons cancel={close}>
        <Button type="submit" loading={action.isBusy}>
          {text.addAction}
        </Button>
      </DialogButtons>
    </form>
  );
}

/** Each user has a result of its own; silence would hide who was refused. */
function openResults(results: Results): void {
  openDialog({
    title: text.addTitle,
    render: (close) => (
      <Stack gap="md">
        <List size="sm" spacing="xs">
          {results.map(({ userId, status, code }) => (
            <List.Item key={userId}>
              <Group gap="xs">
                <span className="mono">{userId}</span>
                <State tone={status === 'added' ? 'ok' : status === 'refused' ? 'bad' : 'quiet'}>{text.results[status]}</State>
                {code && <span className="mono">{code}</span>}
              </Group>
            </List.Item>
          ))}
        </List>
        <Group justify="flex-end">
          <Button onClick={close}>{ui.close}</Button>
        </Group>
      </Stack>
    ),
  });
}
