import { Loader, Stack } from '@mantine/core';
import type { Room } from '@parley/protocol';
import { IconEye } from '@tabler/icons-react';
import { useLive } from '../../live/live.js';
import { useMay } from '../../session/session.js';
import { ErrorState, ProblemAlert } from '../../ui/problem-view.js';
import { ParleyError } from '@parley/client';
import { ui } from '../../ui/strings.js';
import shell from '../../shell/shell.module.css';
import { Composer } from './composer.js';
import classes from './conversation.module.css';
import { conversationText as text } from './conversation.strings.js';
import { MessageList } from './message-list.js';
import { useConversation } from './use-conversation.js';

export function ConversationPanel({ room, tenantId }: { readonly room: Room; readonly tenantId: string }) {
  const may = useMay();
  const { status: live } = useLive();
  const conversation = useConversation(tenantId, room.id);
  const { status, problem, messages } = conversation;
  return (
    <section className={classes.panel} aria-label={text.log}>
      <div className={classes.bar}>
        <span>
          <IconEye size={14} aria-hidden="true" /> {text.note}
        </span>
        <span role="status">
          <span className={shell.dot} data-status={live} /> {live === 'live' ? text.live : text.notLive}
        </span>
      </div>
      {status === 'loading' ? (
        <Stack align="center" justify="center" flex={1}>
          <Loader size="sm" aria-label={ui.loading} />
        </Stack>
      ) : problem && messages.length === 0 ? (
        <ErrorState error={new ParleyError(problem)} retry={conversation.reload} />
      ) : (
        <>
          <ProblemAlert problem={problem} />
          <MessageList conversation={conversation} tenantId={tenantId} roomId={room.id} mayDelete={may('moderator', tenantId)} />
        </>
      )}
      {may('admin', tenantId) && room.dissolvedAt === undefined && <Composer room={room} tenantId={tenantId} onSent={conversation.put} />}
    </section>
  );
}
