import { Button, Group } from '@mantine/core';
import { routes } from '@parley/protocol';
import { IconBan, IconShieldCheck } from '@tabler/icons-react';
import { useRoute } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { EmptyView } from '../../ui/empty-view.js';
import { PAGE_SIZE, useListAddress } from '../../ui/list-address.js';
import { openBan } from '../bans/ban-dialog.js';
import { BansTable } from '../bans/bans-table.js';
import { bansText } from '../bans/bans.strings.js';
import { RoomFrame } from './room-frame.js';
import { roomsText as text } from './rooms.strings.js';

export default function RoomBansPage() {
  return <RoomFrame section="bans">{(room, tenantId) => <RoomBans tenantId={tenantId} roomId={room.id} />}</RoomFrame>;
}

function RoomBans({ tenantId, roomId }: { readonly tenantId: string; readonly roomId: string }) {
  const may = useMay();
  const address = useListAddress();
  const query = useRoute(routes.adminBans.listOfRoom, { tenantId, roomId, cursor: address.cursor, limit: PAGE_SIZE });
  return (
    <>
      {may('moderator', tenantId) && (
        <Group justify="flex-end" mb="sm">
          <Button variant="outline" color="red" leftSection={<IconBan size={16} />} onClick={() => openBan({ tenantId, roomId })}>
            {bansText.new}
          </Button>
        </Group>
      )}
      <BansTable
        tenantId={tenantId}
        query={query}
        address={address}
        isOfRoom
        empty={<EmptyView icon={IconShieldCheck} title={text.bansEmptyTitle} body={text.bansEmptyBody} />}
      />
    </>
  );
}
