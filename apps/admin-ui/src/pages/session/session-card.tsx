import { Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { ui } from '../../ui/strings.js';
import { Logo } from '../../ui/logo.js';
import classes from './session.module.css';

export interface SessionCardProps {
  readonly title: string;
  readonly body: ReactNode;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
}

/** The frame of what is shown before the dashboard. */
export function SessionCard({ title, body, children, foot }: SessionCardProps) {
  useEffect(() => {
    document.title = `${title} · ${ui.product}`;
  }, [title]);
  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <Stack gap="lg">
          <Stack gap={4} align="center" ta="center">
            <Logo size={40} />
            <Title order={1} mt="sm">
              {title}
            </Title>
            <Text size="sm" c="dimmed">
              {body}
            </Text>
          </Stack>
          <div className={classes.panel}>{children}</div>
          {foot}
        </Stack>
      </div>
    </main>
  );
}
