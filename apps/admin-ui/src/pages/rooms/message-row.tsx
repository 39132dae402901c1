import { ActionIcon, Tooltip } from '@mantine/core';
import type { Message } from '@parley/protocol';
import { IconTrash } from '@tabler/icons-react';
import { Link } from 'react-router';
import { userPath } from '../../addresses.js';
import { useSession } from '../../session/session.js';
import { formatClock, formatTime } from '../../ui/format.js';
import { PersonAvatar } from '../../ui/person.js';
import classes from './conversation.module.css';
import { conversationText as text } from './conversation.strings.js';
import { openDeleteMessage } from './delete-message.js';

export interface RoomAddress {
  readonly tenantId: string;
  readonly roomId: string;
}

export interface MessageRowProps {
  readonly message: Message;
  /** First of a run of one sender: with name and picture. */
  readonly isFirst: boolean;
  readonly address: RoomAddress;
  readonly mayDelete: boolean;
  readonly onDeleted: (message: Message) => void;
}

export function MessageRow({ message, isFirst, address, mayDelete, onDeleted }: MessageRowProps) {
  const { sender, createdAt, deleted } = message;
  const name = sender.name ?? sender.id;
  return (
    <li className={classes.message} data-first={isFirst || undefined}>
      {isFirst ? (
        <PersonAvatar id={sender.id} name={sender.name} image={sender.image} size={36} />
      ) : (
        <time className={classes.gutter} dateTime={createdAt} title={formatTime(createdAt)}>
          {formatClock(createdAt)}
        </time>
      )}
      <div>
        {isFirst && (
          <div className={classes.head}>
            <Link to={userPath(address.tenantId, sender.id)} className={classes.sender} title={sender.id}>
              {name}
            </Link>
            <time className={classes.time} dateTime={createdAt} title={formatTime(createdAt)}>
              {formatClock(createdAt)}
            </time>
          </div>
        )}
        {deleted ? <Tombstone message={message} deleted={deleted} /> : <Content message={message} />}
      </div>
      {mayDelete && !deleted && (
        <Tooltip label={text.delete}>
          <ActionIcon
            className={classes.tools}
            variant="default"
            size="md"
            aria-label={text.deleteOf(name)}
            onClick={() => openDeleteMessage(address, message, onDeleted)}
          >
            <IconTrash size={15} />
          </ActionIcon>
        </Tooltip>
      )}
    </li>
  );
}

function Content({ message }: { readonly message: Message }) {
  const { replyTo, reactions, editedAt } = message;
  return (
    <>
      {replyTo && (
        <div className={classes.quote}>
          <strong>{replyTo.sender.name ?? replyTo.sender.id}</strong> {replyTo.deleted ? <em>{text.quoteDeleted}</em> : replyTo.text}
        </div>
      )}
      <div className={classes.text}>
        {message.text}
        {editedAt && (
          <span className={classes.time} title={formatTime(editedAt)}>
            {' '}
            ({text.edited})
          </span>
        )}
      </div>
      {reactions.length > 0 && (
        <ul className={classes.reactions}>
          {reactions.map(({ emoji, count }) => (
            <li key={emoji}>
              {emoji} {count}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** `by` is an id: of the sender, of another user, or of an operator. */
function Tombstone({ message, deleted }: { readonly message: Message; readonly deleted: NonNullable<Message['deleted']> }) {
  const { operator } = useSession();
  const { sender } = message;
  const who = deleted.by === operator.id ? text.you : deleted.by === sender.id ? (sender.name ?? sender.id) : deleted.by;
  return (
    <div className={classes.tombstone} title={formatTime(deleted.at)}>
      {text.deleted} {text.deletedBy} {who}
      {deleted.reason && `: ${deleted.reason}`}
    </div>
  );
}
