import { Group, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import classes from './page-header.module.css';
import { ui } from './strings.js';

export interface PageHeaderProps {
  readonly title: string;
  /** Beside the title: badges, an avatar. */
  readonly beside?: ReactNode;
  readonly before?: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
}

/** The one h1 of a page; also the window's title. */
export function PageHeader({ title, beside, before, description, actions }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · ${ui.product}`;
  }, [title]);
  return (
    <Group justify="space-between" align="flex-start" gap="md" mb="lg">
      <Group gap="sm" align="center" wrap="nowrap" style={{ minWidth: 0 }}>
        {before}
        <div style={{ minWidth: 0 }}>
          <Group gap="xs" align="center">
            <Title order={1} style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {beside}
          </Group>
          {description && (
            <Text component="div" size="sm" c="dimmed" mt={2}>
              {description}
            </Text>
          )}
        </div>
      </Group>
      {actions && <div className={classes.actions}>{actions}</div>}
    </Group>
  );
}
