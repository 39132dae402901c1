import { Button, Select, Text, Textarea } from '@mantine/core';
import { routes, type Message, type Room } from '@parley/protocol';
import { IconSend2 } from '@tabler/icons-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { randomId } from '../../api/random-id.js';
import { useRoute } from '../../api/queries.js';
import classes from './conversation.module.css';
import { conversationText as text } from './conversation.strings.js';

const MEMBERS = 100;

export interface ComposerProps {
  readonly room: Room;
  readonly tenantId: string;
  readonly onSent: (message: Message) => void;
}

/** Speaks as a user of the tenant: to try things, two people on one screen included. */
export function Composer({ room, tenantId, onSent }: ComposerProps) {
  const members = useRoute(routes.adminRooms.members, { tenantId, roomId: room.id, limit: MEMBERS });
  const options = (members.data?.items ?? []).map((member) => ({ value: member.userId, label: member.name ?? member.user.name }));
  const [chosen, setChosen] = useState<string | null>(null);
  const [draft, setDraft] = useState('');
  const asUserId = chosen ?? options[0]?.value ?? null;
  const send = useSend({ room, tenantId, onSent, onAccepted: () => setDraft('') });
  const mayStart = asUserId !== null && draft.trim() !== '' && !send.isBusy;
  const start = () => {
    if (mayStart) send.start(asUserId, draft.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    start();
  };
  return (
    <form
      className={classes.composer}
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <div className={classes.composerRow}>
        <Select
          aria-label={text.as}
          data={options}
          value={asUserId}
          onChange={setChosen}
          placeholder={text.asPlaceholder}
          nothingFoundMessage={text.noMembers}
          searchable
          allowDeselect={false}
        />
        <Textarea
          aria-label={text.text}
          placeholder={options.length === 0 ? text.noMembers : text.textPlaceholder}
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          autosize
          minRows={1}
          maxRows={6}
          disabled={members.data !== undefined && options.length === 0}
        />
        <Button type="submit" disabled={!mayStart} loading={send.isBusy} leftSection={<IconSend2 size={16} />}>
          {text.send}
        </Button>
      </div>
      <Text size="xs" c="dimmed" mt={6}>
        {text.audited}
      </Text>
    </form>
  );
}

interface Draft {
  readonly asUserId: string;
  readonly text: string;
  readonly clientMessageId: string;
}

/** The same draft keeps its id until the server took it, so that pressing again after an unknown outcome sends it once. */
function useSend({ room, tenantId, onSent, onAccepted }: ComposerProps & { readonly onAccepted: () => void }) {
  const last = useRef<Draft>(undefined);
  const action = useAction({
    run: (draft: Draft) => call(routes.adminRooms.sendMessage, { tenantId, roomId: room.id, ...draft }),
    then: ({ message }) => {
      last.current = undefined;
      onAccepted();
      onSent(message);
    },
  });
  const start = (asUserId: string, words: string) => {
    const isRepeat = last.current?.asUserId === asUserId && last.current.text === words;
    const draft = isRepeat && last.current ? last.current : { asUserId, text: words, clientMessageId: randomId() };
    last.current = draft;
    action.start(draft);
  };
  return { start, isBusy: action.isBusy };
}
