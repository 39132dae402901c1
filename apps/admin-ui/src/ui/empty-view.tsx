import { Stack, Text } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';

export interface EmptyProps {
  readonly icon: Icon;
  readonly title: string;
  readonly body?: ReactNode;
  /** What to do next. */
  readonly action?: ReactNode;
}

export function EmptyView({ icon: Symbol, title, body, action }: EmptyProps) {
  return (
    <Stack align="center" gap={6} py={56} px="md" ta="center">
      <Symbol size={28} stroke={1.4} color="var(--mantine-color-dimmed)" aria-hidden="true" />
      <Text fw={600} mt={6}>
        {title}
      </Text>
      {body && (
        <Text size="sm" c="dimmed" maw={440}>
          {body}
        </Text>
      )}
      {action && <div style={{ marginTop: 12 }}>{action}</div>}
    </Stack>
  );
}
