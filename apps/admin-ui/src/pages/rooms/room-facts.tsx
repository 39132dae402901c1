import { Anchor } from '@mantine/core';
import type { Room } from '@parley/protocol';
import { Link } from 'react-router';
import { userPath } from '../../addresses.js';
import { formatCount } from '../../ui/format.js';
import { Facts, Panel } from '../../ui/panel.js';
import { ui } from '../../ui/strings.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { roomsText } from './rooms.strings.js';

const { facts: text } = roomsText;

export function RoomFacts({ room, tenantId }: { readonly room: Room; readonly tenantId: string }) {
  const { settings, createdBy } = room;
  const creator = createdBy && (
    <Anchor component={Link} to={userPath(tenantId, createdBy.id)} size="sm">
      {createdBy.name ?? createdBy.id}
    </Anchor>
  );
  return (
    <Panel title={text.title}>
      <Facts
        items={[
          [text.kind, ui.kind[room.kind]],
          [text.members, <span className="tabular">{formatCount(room.memberCount)}</span>],
          [text.messages, <span className="tabular">{formatCount(room.lastSeq)}</span>],
          [text.position, <span className="mono">{`pts ${room.pts} · epoch ${room.epoch}`}</span>],
          [text.speaking, settings.muted || !settings.memberCanPost ? text.adminsOnly : text.everybody],
          room.kind !== 'direct' && [text.joining, settings.joinPolicy === 'open' ? text.open : text.closed],
          [text.created, <TimeAgo at={room.createdAt} />],
          creator && [text.createdBy, creator],
          room.dissolvedAt !== undefined && [text.dissolved, <TimeAgo at={room.dissolvedAt} />],
        ]}
      />
    </Panel>
  );
}
