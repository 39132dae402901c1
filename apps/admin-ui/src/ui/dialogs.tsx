import { Button, Group, List, Stack, Text, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { type ReactNode, useState } from 'react';
import { useAction } from '../api/actions.js';
import { randomId } from '../api/random-id.js';
import { Secret } from './copyable.js';
import { ProblemAlert } from './problem-view.js';
import { ui } from './strings.js';

export interface DialogSpec {
  readonly title: string;
  readonly size?: string | number;
  /** For what is shown once: neither Escape nor a press beside it closes it. */
  readonly isSticky?: boolean;
  readonly render: (close: () => void) => ReactNode;
}

export function openDialog({ title, size = 'md', isSticky = false, render }: DialogSpec): void {
  const modalId = randomId();
  modals.open({
    modalId,
    title: (
      <Text component="span" fw={600} size="md">
        {title}
      </Text>
    ),
    size,
    closeOnEscape: !isSticky,
    closeOnClickOutside: false,
    withCloseButton: !isSticky,
    closeButtonProps: { 'aria-label': ui.close },
    children: render(() => modals.close(modalId)),
  });
}

export function DialogButtons({ cancel, children }: { readonly cancel: () => void; readonly children: ReactNode }) {
  return (
    <Group justify="flex-end" gap="xs" mt="md">
      <Button variant="default" type="button" onClick={cancel}>
        {ui.cancel}
      </Button>
      {children}
    </Group>
  );
}

export interface ConfirmSpec {
  readonly title: string;
  readonly body?: ReactNode;
  readonly consequences?: readonly string[];
  /** Must be typed first: for what hurts. */
  readonly word?: string;
  readonly action: string;
  readonly isDanger?: boolean;
  readonly run: () => Promise<unknown>;
  readonly refresh: () => Promise<void>;
  readonly done: string;
  readonly then?: () => void;
}

export function confirmThat(spec: ConfirmSpec): void {
  openDialog({ title: spec.title, render: (close) => <Confirm spec={spec} close={close} /> });
}

/** Nothing of it is a field, so that every refusal is shown in the dialog. */
const NO_FIELDS = { setErrors: () => undefined, getValues: () => ({}) };

function Confirm({ spec, close }: { readonly spec: ConfirmSpec; readonly close: () => void }) {
  const [typed, setTyped] = useState('');
  const finish = () => {
    close();
    spec.then?.();
  };
  const action = useAction<void, unknown>({ run: spec.run, refresh: spec.refresh, done: spec.done, form: NO_FIELDS, then: finish });
  const mayStart = spec.word === undefined || typed === spec.word;
  const submit = (event: { preventDefault(): void }) => {
    event.preventDefault();
    if (mayStart) action.start();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {spec.body && <Text size="sm">{spec.body}</Text>}
        {spec.consequences && (
          <List size="sm" spacing={6}>
            {spec.consequences.map((line) => (
              <List.Item key={line}>{line}</List.Item>
            ))}
          </List>
        )}
        {spec.word !== undefined && (
          <TextInput
            label={ui.confirmTyped(spec.word)}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
        )}
        <ProblemAlert problem={action.problem} />
      </Stack>
      <DialogButtons cancel={close}>
        <Button type="submit" color={spec.isDanger ? 'red' : undefined} disabled={!mayStart} loading={action.isBusy}>
          {spec.action}
        </Button>
      </DialogButtons>
    </form>
  );
}

export interface SecretSpec {
  readonly title: string;
  readonly label: string;
  readonly secret: string;
  /** What it belongs to and how it is used. */
  readonly more?: ReactNode;
}

/** A secret that the server will not tell again. */
export function showSecret({ title, label, secret, more }: SecretSpec): void {
  openDialog({
    title,
    isSticky: true,
    size: 'lg',
    render: (close) => (
      <Stack gap="sm">
        <Text size="sm">{ui.shownOnce}</Text>
        <Secret value={secret} label={label} />
        {more}
        <Group justify="flex-end" mt="xs">
          <Button onClick={close} data-autofocus>
            {ui.secretStored}
          </Button>
        </Group>
      </Stack>
    ),
  });
}
