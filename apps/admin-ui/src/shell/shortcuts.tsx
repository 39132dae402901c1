import { Group, Kbd, Stack, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';
import { tenantPath } from '../addresses.js';
import { openDialog } from '../ui/dialogs.js';
import { useCurrentPage } from './current-page.js';
import { shellText } from './shell.strings.js';

const SEQUENCE_MS = 1_200;
const TABS: Readonly<Record<string, string>> = { u: 'users', r: 'rooms', b: 'bans', k: 'keys', a: 'audit' };

export function openShortcuts(): void {
  openDialog({
    title: shellText.shortcuts.title,
    size: 'sm',
    render: () => (
      <Stack gap="xs">
        {shellText.shortcuts.rows.map(([label, keys]) => (
          <Group key={label} justify="space-between">
            <Text size="sm">{label}</Text>
            <Group gap={4}>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </Group>
          </Group>
        ))}
      </Stack>
    ),
  });
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
const isDialogOpen = (): boolean => document.querySelector('[role="dialog"]') !== null;

/** Single keys, never while somebody types or a dialog is open. */
export function Shortcuts() {
  const navigate = useNavigate();
  const { tenantId } = useCurrentPage();
  const began = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isDialogOpen()) return;
      const isSecond = performance.now() - began.current < SEQUENCE_MS && began.current > 0;
      began.current = 0;
      if (isSecond) {
        const to = destinationOf(event.key, tenantId);
        if (to !== undefined) void navigate(to);
      } else if (event.key === 'g') began.current = performance.now();
      else if (event.key === '?') openShortcuts();
      else if (event.key === '/') focusSearch(event);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate, tenantId]);
  return null;
}

function destinationOf(key: string, tenantId: string | undefined): string | undefined {
  if (key === 'o') return '/';
  if (key === 't') return '/tenants';
  const tab = TABS[key];
  return tab !== undefined && tenantId !== undefined ? tenantPath(tenantId, tab) : undefined;
}

function focusSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>('[data-page-search]');
  if (!field) return;
  event.preventDefault();
  field.focus();
}
