import { Button, Fieldset, Group, Stack, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { routes, type Room } from '@parley/protocol';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { confirmThat } from '../../ui/dialogs.js';
import { Panel } from '../../ui/panel.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { ui } from '../../ui/strings.js';
import classes from '../overview/overview.module.css';
import { RoomFacts } from './room-facts.js';
import { RoomFrame } from './room-frame.js';
import { roomName } from './room-name.js';
import { roomsText } from './rooms.strings.js';

const { settings: text, dissolve } = roomsText;

interface Section {
  readonly room: Room;
  readonly tenantId: string;
}

export default function RoomSettingsPage() {
  return (
    <RoomFrame section="settings">
      {(room, tenantId) => (
        <Stack gap="md">
          <div className={classes.columns}>
            <SettingsForm key={`${room.name} ${room.settings.muted}`} room={room} tenantId={tenantId} />
            <RoomFacts room={room} tenantId={tenantId} />
          </div>
          <Dissolve room={room} tenantId={tenantId} />
        </Stack>
      )}
    </RoomFrame>
  );
}

function hintOf(room: Room, mayChange: boolean): string | undefined {
  if (room.dissolvedAt !== undefined) return text.dissolved;
  if (!mayChange) return text.readOnly;
  return room.kind === 'direct' ? text.direct : undefined;
}

function SettingsForm({ room, tenantId }: Section) {
  const mayChange = useMay()('moderator', tenantId) && room.dissolvedAt === undefined;
  const isDirect = room.kind === 'direct';
  const form = useForm({ initialValues: { name: room.name ?? '', settings: { muted: room.settings.muted } } });
  const action = useAction({
    run: ({ name, settings }: { name: string; settings: { muted: boolean } }) =>
      call(routes.adminRooms.update, { tenantId, roomId: room.id, name: isDirect ? undefined : name.trim() || null, settings }),
    form,
    refresh: () => refreshTenant(tenantId),
    done: text.saved,
  });
  return (
    <Panel title={text.title} description={hintOf(room, mayChange)}>
      <form onSubmit={form.onSubmit(action.start)} noValidate>
        <Fieldset variant="unstyled" disabled={!mayChange}>
          <Stack gap="md">
            {!isDirect && (
              <TextInput label={text.name} description={text.nameHint} maxLength={100} autoComplete="off" {...form.getInputProps('name')} />
            )}
            <Switch label={text.muted} description={text.mutedHint} {...form.getInputProps('settings.muted', { type: 'checkbox' })} />
            <ProblemAlert problem={action.problem} />
            {mayChange && (
              <Group>
                <Button type="submit" loading={action.isBusy} disabled={!form.isDirty()}>
                  {ui.save}
                </Button>
              </Group>
            )}
          </Stack>
        </Fieldset>
      </form>
    </Panel>
  );
}

function Dissolve({ room, tenantId }: Section) {
  const may = useMay();
  if (!may('admin', tenantId) || room.kind === 'direct' || room.dissolvedAt !== undefined) return null;
  const ask = () =>
    confirmThat({
      title: dissolve.confirm(roomName(room)),
      consequences: dissolve.consequences,
      word: room.id,
      action: dissolve.action,
      isDanger: true,
      run: () => call(routes.adminRooms.dissolve, { tenantId, roomId: room.id }),
      refresh: () => refreshTenant(tenantId),
      done: dissolve.done,
    });
  return (
    <Panel
      title={dissolve.title}
      description={dissolve.body}
      isDanger
      actions={
        <Button variant="outline" color="red" onClick={ask}>
          {dissolve.action}
        </Button>
      }
    />
  );
}
