import { Button, Select, Stack, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { routes, type Member } from '@parley/protocol';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { DialogButtons, openDialog } from '../../ui/dialogs.js';
import { DurationField } from '../../ui/duration-field.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { ui } from '../../ui/strings.js';
import { roomsText } from './rooms.strings.js';

const { member: text } = roomsText;
const ROLES = ['owner', 'admin', 'member'] as const;
const PRESETS = [
  { seconds: 900, label: text.presets.quarter },
  { seconds: 3_600, label: text.presets.hour },
  { seconds: 86_400, label: text.presets.day },
  { seconds: 604_800, label: text.presets.week },
];

interface DialogProps {
  readonly tenantId: string;
  readonly member: Member;
  readonly close: () => void;
}

export function openRole(tenantId: string, member: Member): void {
  const title = text.roleTitle(member.name ?? member.user.name);
  openDialog({ title, size: 'sm', render: (close) => <RoleDialog tenantId={tenantId} member={member} close={close} /> });
}

export function openMute(tenantId: string, member: Member): void {
  const title = text.muteTitle(member.name ?? member.user.name);
  openDialog({ title, size: 'sm', render: (close) => <MuteDialog tenantId={tenantId} member={member} close={close} /> });
}

function RoleDialog({ tenantId, member, close }: DialogProps) {
  const { roomId, userId } = member;
  const form = useForm<{ role: Member['role'] }>({ initialValues: { role: member.role } });
  const action = useAction({
    run: ({ role }: { role: Member['role'] }) => call(routes.adminRooms.updateMember, { tenantId, roomId, userId, role }),
    form,
    refresh: () => refreshTenant(tenantId),
    done: text.roleDone,
    then: close,
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <Select
          label={text.roleLabel}
          data={ROLES.map((value) => ({ value, label: ui.role[value] }))}
          allowDeselect={false}
          {...form.getInputProps('role')}
        />
        <ProblemAlert problem={action.problem} />
      </Stack>
      <DialogButtons cancel={close}>
        <Button type="submit" loading={action.isBusy}>
          {text.changeRole}
        </Button>
      </DialogButtons>
    </form>
  );
}

interface MuteValues {
  readonly muteSeconds: number | undefined;
  readonly reason: string;
}

function MuteDialog({ tenantId, member, close }: DialogProps) {
  const { roomId, userId } = member;
  const form = useForm<MuteValues>({ initialValues: { muteSeconds: 3_600, reason: '' } });
  const action = useAction({
    run: ({ muteSeconds = 0, reason }: MuteValues) =>
      call(routes.adminRooms.updateMember, { tenantId, roomId, userId, muteSeconds, reason: reason.trim() || undefined }),
    form,
    refresh: () => refreshTenant(tenantId),
    done: text.muteDone,
    then: close,
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <DurationField
          label={text.muteFor}
          value={form.values.muteSeconds}
          onChange={(seconds) => form.setFieldValue('muteSeconds', seconds)}
          endless={text.muteEndless}
          presets={PRESETS}
        />
        <Textarea label={text.reason} maxLength={500} autosize minRows={2} {...form.getInputProps('reason')} />
        <ProblemAlert problem={action.problem} />
      </Stack>
      <DialogButtons cancel={close}>
        <Button type="submit" loading={action.isBusy}>
          {text.mute}
        </Button>
      </DialogButtons>
    </form>
  );
}
