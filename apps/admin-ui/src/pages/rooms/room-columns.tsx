import { Group } from '@mantine/core';
import type { Room } from '@parley/protocol';
import { roomPath } from '../../addresses.js';
import { KindBadge, Tag } from '../../ui/badges.js';
import { CopyId } from '../../ui/copyable.js';
import { type Column, RowLink } from '../../ui/data-table.js';
import { formatCount } from '../../ui/format.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { RoomIcon } from './room-icon.js';
import { roomName } from './room-name.js';
import { roomsText as text } from './rooms.strings.js';
import { ui } from '../../ui/strings.js';

export const roomColumns = (tenantId: string): readonly Column<Room>[] => [
  {
    label: text.room,
    cell: (room) => (
      <Group gap={10} wrap="nowrap" style={{ minWidth: 0 }}>
        <RoomIcon kind={room.kind} />
        <div style={{ minWidth: 0, maxWidth: 340 }}>
          <Group gap={6}>
            <RowLink to={roomPath(tenantId, room.id)}>{roomName(room)}</RowLink>
            {room.settings.muted && <Tag tone="warn">{text.muted}</Tag>}
            {room.dissolvedAt && <Tag>{text.dissolved}</Tag>}
          </Group>
          <CopyId id={room.id} label={ui.id.room} />
        </div>
      </Group>
    ),
  },
  { label: text.kind, cell: (room) => <KindBadge kind={room.kind} /> },
  { label: text.members, isNumber: true, cell: (room) => formatCount(room.memberCount) },
  { label: text.messages, isNumber: true, cell: (room) => formatCount(room.lastSeq) },
  { label: text.created, cell: (room) => <TimeAgo at={room.createdAt} /> },
];
