import { Title } from '@mantine/core';
import { routes } from '@parley/protocol';
import { IconMessages } from '@tabler/icons-react';
import { useRoute } from '../../api/queries.js';
import { DataTable } from '../../ui/data-table.js';
import { EmptyView } from '../../ui/empty-view.js';
import { PAGE_SIZE, useListAddress } from '../../ui/list-address.js';
import { roomColumns } from '../rooms/room-columns.js';
import { usersText } from './users.strings.js';

const { rooms: text } = usersText;

export function UserRooms({ tenantId, userId }: { readonly tenantId: string; readonly userId: string }) {
  const address = useListAddress();
  const query = useRoute(routes.adminRooms.list, { tenantId, memberId: userId, cursor: address.cursor, limit: PAGE_SIZE });
  return (
    <section aria-label={text.title}>
      <Title order={2} mb="xs" mt="xs">
        {text.title}
      </Title>
      <DataTable
        label={text.table}
        query={query}
        columns={roomColumns(tenantId)}
        keyOf={(room) => room.id}
        address={address}
        empty={<EmptyView icon={IconMessages} title={text.none} body={text.noneBody} />}
      />
    </section>
  );
}
