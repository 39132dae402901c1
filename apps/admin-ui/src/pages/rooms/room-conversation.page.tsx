import { Button } from '@mantine/core';
import type { Room } from '@parley/protocol';
import { IconEye, IconLock } from '@tabler/icons-react';
import { useState } from 'react';
import { useMay } from '../../session/session.js';
import { EmptyView } from '../../ui/empty-view.js';
import classes from './conversation.module.css';
import { conversationText as text } from './conversation.strings.js';
import { ConversationPanel } from './conversation-panel.js';
import { RoomFacts } from './room-facts.js';
import { RoomFrame } from './room-frame.js';

export default function RoomConversationPage() {
  return (
    <RoomFrame section="">
      {(room, tenantId) => (
        <div className={classes.layout}>
          <Gate room={room} tenantId={tenantId} />
          <RoomFacts room={room} tenantId={tenantId} />
        </div>
      )}
    </RoomFrame>
  );
}

/** Nothing private is fetched before the operator knew that it is recorded and chose to. */
function Gate({ room, tenantId }: { readonly room: Room; readonly tenantId: string }) {
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  if (isOpen) return <ConversationPanel room={room} tenantId={tenantId} />;
  const isReader = may('moderator', tenantId);
  return (
    <div className={classes.panel} style={{ justifyContent: 'center', height: 'auto' }}>
      {isReader ? (
        <EmptyView
          icon={IconEye}
          title={text.gateTitle}
          body={text.gateBody}
          action={<Button onClick={() => setOpen(true)}>{text.gateAction}</Button>}
        />
      ) : (
        <EmptyView icon={IconLock} title={text.viewerTitle} body={text.viewerBody} />
      )}
    </div>
  );
}
