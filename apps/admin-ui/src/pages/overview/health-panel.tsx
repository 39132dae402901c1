import { Group, Tooltip, VisuallyHidden } from '@mantine/core';
import type { Overview } from '@parley/protocol';
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { Panel } from '../../ui/panel.js';
import classes from './overview.module.css';
import { overviewText } from './overview.strings.js';
import { State } from '../../ui/badges.js';

const { health: text } = overviewText;

export interface HealthPanelProps {
  readonly health: Overview['health'];
  /** Stands in the server panel: not said a second time here. */
  readonly schemaVersion: string;
}

export function HealthPanel({ health, schemaVersion }: HealthPanelProps) {
  const isFull = health.durability === 'full';
  return (
    <Panel
      title={text.title}
      actions={
        <Group gap="md">
          <State tone={health.ready ? 'ok' : 'bad'}>{health.ready ? text.ready : text.notReady}</State>
          <Tooltip label={isFull ? text.fullHint : text.degradedHint} multiline maw={280}>
            <span tabIndex={0}>
              <State tone={isFull ? 'ok' : 'warn'}>{isFull ? text.full : text.degraded}</State>
            </span>
          </Tooltip>
        </Group>
      }
    >
      <ul className={classes.checks}>
        {health.checks.map((check) => (
          <li key={check.name}>
            {check.ok ? (
              <IconCircleCheck size={17} color="var(--parley-ok)" aria-hidden="true" />
            ) : (
              <IconCircleX size={17} color="var(--parley-bad)" aria-hidden="true" />
            )}
            <span>{check.name}</span>
            <VisuallyHidden>{check.ok ? text.ok : text.bad}</VisuallyHidden>
            {check.detail !== schemaVersion && <span className={classes.detail}>{check.detail}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
