import { Group, Skeleton, Stack } from '@mantine/core';
import { routes, type Room } from '@parley/protocol';
import type { ReactNode } from 'react';
import { roomPath } from '../../addresses.js';
import { useRoute } from '../../api/queries.js';
import { KindBadge, Tag } from '../../ui/badges.js';
import { CopyId } from '../../ui/copyable.js';
import { LinkTabs } from '../../ui/link-tabs.js';
import { PageHeader } from '../../ui/page-header.js';
import { useRoomId, useTenantId } from '../../ui/path-ids.js';
import { FailedPage } from '../../ui/problem-view.js';
import classes from './room-frame.module.css';
import { RoomIcon } from './room-icon.js';
import { roomName } from './room-name.js';
import { roomsText as text } from './rooms.strings.js';
import { ui } from '../../ui/strings.js';

const SECTIONS = [
  ['', text.sections.conversation],
  ['members', text.sections.members],
  ['bans', text.sections.bans],
  ['settings', text.sections.settings],
] as const;

export interface RoomFrameProps {
  readonly section: (typeof SECTIONS)[number][0];
  readonly children: (room: Room, tenantId: string) => ReactNode;
}

/** What the sections of a room share: its name and the way between them. */
export function RoomFrame({ section, children }: RoomFrameProps) {
  const tenantId = useTenantId();
  const roomId = useRoomId();
  const query = useRoute(routes.adminRooms.get, { tenantId, roomId });
  if (query.error && !query.data) return <FailedPage title={roomId} query={query} />;
  if (!query.data) return <Loading />;
  const { room } = query.data;
  const tabs = SECTIONS.map(([name, label]) => ({ to: roomPath(tenantId, roomId, name), label, isCurrent: name === section }));
  return (
    <>
      <PageHeader
        title={roomName(room)}
        before={<RoomIcon kind={room.kind} size={40} />}
        beside={
          <Group gap={6}>
            <KindBadge kind={room.kind} />
            {room.settings.muted && <Tag tone="warn">{text.muted}</Tag>}
            {room.dissolvedAt && <Tag>{text.dissolved}</Tag>}
          </Group>
        }
        description={<CopyId id={room.id} label={ui.id.room} />}
      />
      <div className={classes.sections}>
        <LinkTabs label={text.sections.label} tabs={tabs} />
      </div>
      {children(room, tenantId)}
    </>
  );
}

const Loading = () => (
  <Stack gap="md" aria-busy="true">
    <Skeleton height={40} width={260} />
    <Skeleton height={360} radius="lg" />
  </Stack>
);
