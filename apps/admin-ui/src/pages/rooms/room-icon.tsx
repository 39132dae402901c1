import { ThemeIcon } from '@mantine/core';
import type { Room } from '@parley/protocol';
import { IconHash, IconMessageCircle, IconUsers } from '@tabler/icons-react';

const ICONS = { direct: IconMessageCircle, group: IconUsers, channel: IconHash } as const;

export function RoomIcon({ kind, size = 28 }: { readonly kind: Room['kind']; readonly size?: number }) {
  const Symbol = ICONS[kind];
  return (
    <ThemeIcon
      variant="default"
      size={size}
      radius="md"
      aria-hidden="true"
      style={{ flex: 'none', border: '1px solid var(--parley-line)' }}
    >
      <Symbol size={size * 0.56} stroke={1.6} color="var(--mantine-color-dimmed)" />
    </ThemeIcon>
  );
}
