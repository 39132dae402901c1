import { Button, Stack, Text, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { routes, type Message } from '@parley/protocol';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { DialogButtons, openDialog } from '../../ui/dialogs.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { conversationText as text } from './conversation.strings.js';
import type { RoomAddress } from './message-row.js';

interface DeleteProps {
  readonly address: RoomAddress;
  readonly message: Message;
  readonly onDeleted: (message: Message) => void;
  readonly close: () => void;
}

export function openDeleteMessage(address: RoomAddress, message: Message, onDeleted: (message: Message) => void): void {
  openDialog({
    title: text.delete,
    render: (close) => <DeleteMessage address={address} message={message} onDeleted={onDeleted} close={close} />,
  });
}

function DeleteMessage({ address, message, onDeleted, close }: DeleteProps) {
  const form = useForm({ initialValues: { reason: '' } });
  const action = useAction({
    run: ({ reason }: { reason: string }) =>
      call(routes.adminRooms.deleteMessage, { ...address, messageId: message.id, reason: reason.trim() || undefined }),
    form,
    done: text.deleteDone,
    then: ({ message: tombstone }) => {
      close();
      onDeleted(tombstone);
    },
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <Text size="sm" lineClamp={3} style={{ borderLeft: '2px solid var(--mantine-color-default-border)', paddingLeft: 10 }}>
          <strong>{message.sender.name ?? message.sender.id}</strong> {message.text}
        </Text>
        <Text size="sm">{text.deleteBody}</Text>
        <Textarea
          label={text.reason}
          description={text.reasonHint}
          maxLength={500}
          autosize
          minRows={2}
          data-autofocus
          {...form.getInputProps('reason')}
        />
        <ProblemAlert problem={action.problem} />
      </Stack>
      <DialogButtons cancel={close}>
        <Button type="submit" color="red" loading={action.isBusy}>
          {text.delete}
        </Button>
      </DialogButtons>
    </form>
  );
}
