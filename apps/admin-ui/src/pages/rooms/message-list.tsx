import { Button } from '@mantine/core';
import type { Message } from '@parley/protocol';
import { IconArrowDown, IconHistory, IconMessageOff } from '@tabler/icons-react';
import { Fragment, useMemo } from 'react';
import { EmptyView } from '../../ui/empty-view.js';
import { dayOf, formatClock, formatDay } from '../../ui/format.js';
import classes from './conversation.module.css';
import type { SystemLine } from './conversation-state.js';
import { conversationText as text } from './conversation.strings.js';
import { MessageRow } from './message-row.js';
import { useBottom } from './use-bottom.js';
import type { OpenConversation } from './use-conversation.js';

/** Messages of one sender within this time share one head. */
const GROUP_MS = 5 * 60_000;

type Entry = { readonly at: string; readonly key: string } & ({ readonly message: Message } | { readonly line: SystemLine });

/** Lines stand after the message that was the last one when they came. */
function entriesOf({ messages, lines }: Pick<OpenConversation, 'messages' | 'lines'>): readonly Entry[] {
  const first = messages[0]?.seq ?? 0;
  const linesAfter = (seq: number) => lines.filter(({ afterSeq }) => afterSeq === seq).map((line) => ({ at: line.at, key: line.id, line }));
  const early = lines.filter(({ afterSeq }) => afterSeq < first && afterSeq === 0).map((line) => ({ at: line.at, key: line.id, line }));
  const hasLines = lines.length > 0;
  const rest = messages.flatMap((message) => [
    { at: message.createdAt, key: message.id, message },
    ...(hasLines ? linesAfter(message.seq) : []),
  ]);
  return [...early, ...rest];
}

function continues(before: Entry | undefined, entry: Entry): boolean {
  if (!before || !('message' in before) || !('message' in entry)) return false;
  if (before.message.sender.id !== entry.message.sender.id || entry.message.replyTo) return false;
  return dayOf(before.at) === dayOf(entry.at) && Date.parse(entry.at) - Date.parse(before.at) < GROUP_MS;
}

export interface MessageListProps {
  readonly conversation: OpenConversation;
  readonly tenantId: string;
  readonly roomId: string;
  readonly mayDelete: boolean;
}

export function MessageList({ conversation, tenantId, roomId, mayDelete }: MessageListProps) {
  const { messages, lines } = conversation;
  const entries = useMemo(() => entriesOf({ messages, lines }), [messages, lines]);
  const bottom = useBottom(entries);
  if (entries.length === 0) return <div className={classes.scroll}>{<EmptyView icon={IconMessageOff} title={text.empty} />}</div>;
  return (
    <div className={classes.body}>
      <div className={classes.scroll} ref={bottom.ref} onScroll={bottom.onScroll} tabIndex={0} role="log" aria-label={text.log}>
        <Top conversation={conversation} />
        <ol className={classes.list}>
          {entries.map((entry, index) => {
            const before = entries[index - 1];
            return (
              <Fragment key={entry.key}>
                {(!before || dayOf(before.at) !== dayOf(entry.at)) && <li className={classes.day}>{formatDay(entry.at)}</li>}
                {'message' in entry ? (
                  <MessageRow
                    message={entry.message}
                    isFirst={!continues(before, entry)}
                    address={{ tenantId, roomId }}
                    mayDelete={mayDelete}
                    onDeleted={conversation.put}
                  />
                ) : (
                  <li className={classes.system}>
                    {entry.line.text}
                    {entry.line.reason && `: ${entry.line.reason}`} · {formatClock(entry.at)}
                  </li>
                )}
              </Fragment>
            );
          })}
        </ol>
      </div>
      {!bottom.isAtBottom && (
        <div className={classes.jump}>
          <Button size="xs" radius="xl" variant="default" leftSection={<IconArrowDown size={14} />} onClick={bottom.jump}>
            {text.newer}
          </Button>
        </div>
      )}
    </div>
  );
}

function Top({ conversation }: { readonly conversation: OpenConversation }) {
  if (!conversation.hasMoreBefore) return <div className={classes.top}>{text.beginning}</div>;
  return (
    <div className={classes.top}>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconHistory size={14} />}
        loading={conversation.isLoadingOlder}
        onClick={conversation.loadOlder}
      >
        {text.older}
      </Button>
    </div>
  );
}
