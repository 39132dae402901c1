import { Button, Checkbox, Input, SegmentedControl, Stack, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { routes } from '@parley/protocol';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { DialogButtons, openDialog } from '../../ui/dialogs.js';
import { DurationField } from '../../ui/duration-field.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { UserField } from '../../ui/user-picker.js';
import { RoomField } from '../rooms/room-field.js';
import { bansText } from './bans.strings.js';

const { dialog: text, presets } = bansText;
const DAY = 86_400;
const PRESETS = [
  { seconds: 3_600, label: presets.hour },
  { seconds: DAY, label: presets.day },
  { seconds: 7 * DAY, label: presets.week },
  { seconds: 30 * DAY, label: presets.month },
];

export interface BanSubject {
  readonly tenantId: string;
  readonly userId?: string;
  readonly roomId?: string;
}

interface Values {
  readonly userId: string;
  readonly scope: 'tenant' | 'room';
  readonly roomId: string;
  readonly reason: string;
  readonly expiresInSeconds: number | undefined;
  readonly deleteMessages: boolean;
}

export function openBan(subject: BanSubject): void {
  openDialog({ title: text.title, render: (close) => <BanForm subject={subject} close={close} /> });
}

function ban(tenantId: string, { userId, scope, roomId, reason, expiresInSeconds, deleteMessages }: Values): Promise<unknown> {
  const fields = { tenantId, userId, reason: reason.trim() || undefined, expiresInSeconds, deleteMessages: deleteMessages || undefined };
  return scope === 'tenant' ? call(routes.adminBans.banFromTenant, fields) : call(routes.adminBans.banFromRoom, { ...fields, roomId });
}

function BanForm({ subject, close }: { readonly subject: BanSubject; readonly close: () => void }) {
  const { tenantId } = subject;
  const form = useForm<Values>({
    initialValues: {
      userId: subject.userId ?? '',
      scope: subject.roomId === undefined ? 'tenant' : 'room',
      roomId: subject.roomId ?? '',
      reason: '',
      expiresInSeconds: 7 * DAY,
      deleteMessages: false,
    },
    validate: {
      userId: (value) => (value === '' ? text.userRequired : null),
      roomId: (value, { scope }) => (scope === 'room' && value === '' ? text.roomRequired : null),
    },
  });
  const action = useAction({
    run: (values: Values) => ban(tenantId, values),
    form,
    refresh: () => refreshTenant(tenantId),
    done: text.done,
    then: close,
  });
  const { scope } = form.values;
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <UserField
          label={text.user}
          tenantId={tenantId}
          disabled={subject.userId !== undefined}
          data-autofocus={subject.userId === undefined || undefined}
          {...form.getInputProps('userId')}
          value={form.values.userId}
          onChange={(userId) => form.setFieldValue('userId', userId)}
        />
        <Input.Wrapper label={text.scope} labelElement="div">
          <SegmentedControl
            fullWidth
            aria-label={text.scope}
            data={(['tenant', 'room'] as const).map((value) => ({ value, label: text.scopes[value] }))}
            {...form.getInputProps('scope')}
          />
        </Input.Wrapper>
        {scope === 'room' && (
          <RoomField
            label={text.room}
            tenantId={tenantId}
            error={form.errors['roomId']}
            value={form.values.roomId}
            onChange={(roomId) => form.setFieldValue('roomId', roomId)}
          />
        )}
        <Textarea
          label={text.reason}
          description={text.reasonHint}
          maxLength={500}
          autosize
          minRows={2}
          {...form.getInputProps('reason')}
        />
        <DurationField
          label={text.expiry}
          value={form.values.expiresInSeconds}
          onChange={(seconds) => form.setFieldValue('expiresInSeconds', seconds)}
          endless={text.never}
          presets={PRESETS}
        />
        <Checkbox
          label={text.deleteMessages}
          description={text.deleteHint[scope]}
          {...form.getInputProps('deleteMessages', { type: 'checkbox' })}
        />
        <ProblemAlert problem={action.problem} />
      </Stack>
      <DialogButtons cancel={close}>
        <Button type="submit" color="red" loading={action.isBusy}>
          {text.action}
        </Button>
      </DialogButtons>
    </form>
  );
}
