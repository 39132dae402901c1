import { Button, Group } from '@mantine/core';
import { FOREVER } from '@parley/domain';
import { routes, type Member, type Room } from '@parley/protocol';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import { userPath } from '../../addresses.js';
import { useRoute } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { RoleBadge, Tag } from '../../ui/badges.js';
import { type Column, DataTable, isBare, RowLink } from '../../ui/data-table.js';
import { EmptyView } from '../../ui/empty-view.js';
import { formatCount } from '../../ui/format.js';
import { PAGE_SIZE, useListAddress } from '../../ui/list-address.js';
import { PersonLine } from '../../ui/person.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { openAddMembers } from './add-members.js';
import { MemberMenu } from './member-menu.js';
import { RoomFrame } from './room-frame.js';
import { roomsText } from './rooms.strings.js';

const { member: text } = roomsText;
const ENDLESS = FOREVER.toISOString();

export default function RoomMembersPage() {
  return <RoomFrame section="members">{(room, tenantId) => <Members room={room} tenantId={tenantId} />}</RoomFrame>;
}

function Members({ room, tenantId }: { readonly room: Room; readonly tenantId: string }) {
  const may = useMay();
  const address = useListAddress();
  const query = useRoute(routes.adminRooms.members, { tenantId, roomId: room.id, cursor: address.cursor, limit: PAGE_SIZE });
  const mayAdd = may('admin', tenantId) && room.kind !== 'direct' && room.dissolvedAt === undefined;
  const add = mayAdd && (
    <Button leftSection={<IconPlus size={16} />} variant="default" onClick={() => openAddMembers(tenantId, room.id)}>
      {text.add}
    </Button>
  );
  return (
    <>
      {add && !isBare(query, address) && (
        <Group justify="flex-end" mb="sm">
          {add}
        </Group>
      )}
      <DataTable
        label={text.table}
        query={query}
        columns={columnsOf(tenantId, may('moderator', tenantId), room.kind === 'direct')}
        keyOf={(member) => member.userId}
        address={address}
        empty={<EmptyView icon={IconUsers} title={text.emptyTitle} body={text.emptyBody} action={add} />}
      />
    </>
  );
}

function columnsOf(tenantId: string, mayModerate: boolean, isDirect: boolean): readonly Column<Member>[] {
  const actions: Column<Member> = {
    label: text.actions,
    isActions: true,
    isNumber: true,
    cell: (member) => <MemberMenu member={member} tenantId={tenantId} isDirect={isDirect} />,
  };
  return [
    {
      label: text.user,
      cell: ({ userId, user, name }) => (
        <PersonLine
          id={userId}
          name={name ?? user.name}
          image={user.image}
          link={<RowLink to={userPath(tenantId, userId)}>{name ?? user.name}</RowLink>}
        />
      ),
    },
    { label: text.role, cell: (member) => <RoleBadge role={member.role} /> },
    { label: text.state, cell: (member) => <MuteBadge mutedUntil={member.mutedUntil} /> },
    { label: text.read, isNumber: true, cell: (member) => formatCount(member.readSeq) },
    { label: text.joined, cell: (member) => <TimeAgo at={member.joinedAt} /> },
    ...(mayModerate ? [actions] : []),
  ];
}

function MuteBadge({ mutedUntil }: { readonly mutedUntil: string | undefined }) {
  if (mutedUntil === undefined || Date.parse(mutedUntil) < Date.now()) return null;
  return (
    <Tag tone="warn">
      {mutedUntil >= ENDLESS ? (
        text.muted
      ) : (
        <>
          {text.mutedUntil} <TimeAgo at={mutedUntil} />
        </>
      )}
    </Tag>
  );
}
