import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import type { Problem } from '@parley/protocol';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { problemOf } from '../api/client.js';
import { CopyId } from './copyable.js';
import { ui } from './strings.js';

function Facts({ problem }: { readonly problem: Problem }) {
  return (
    <Group gap="md" fz="xs" c="dimmed">
      <span>
        {ui.problem.code} <span className="mono">{problem.code}</span>
      </span>
      {problem.requestId && (
        <Group gap={4} component="span">
          {ui.problem.request} <CopyId id={problem.requestId} label="request id" />
        </Group>
      )}
    </Group>
  );
}

/** A refusal beside the form that caused it. */
export function ProblemAlert({ problem }: { readonly problem: Problem | undefined }) {
  if (!problem) return null;
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} title={problem.title} role="alert">
      <Stack gap="xs">
        {problem.detail && problem.detail !== problem.title && <Text size="sm">{problem.detail}</Text>}
        {problem.errors?.map((error) => (
          <Text size="sm" key={error.pointer}>
            <span className="mono">{error.pointer}</span>: {error.detail}
          </Text>
        ))}
        <Facts problem={problem} />
      </Stack>
    </Alert>
  );
}

/** A page or list that could not be read. */
export function ErrorState({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const problem = problemOf(error);
  return (
    <Stack align="center" gap="sm" py={48} px="md" role="alert" ta="center">
      <IconAlertTriangle size={28} stroke={1.5} color="var(--parley-bad)" />
      <Text fw={600}>{problem.title}</Text>
      <Text size="sm" c="dimmed" maw={440}>
        {problem.detail !== problem.title && problem.detail} {problem.retryable && ui.problem.retryable}
      </Text>
      <Facts problem={problem} />
      {retry && (
        <Button variant="default" leftSection={<IconRefresh size={16} />} onClick={retry} mt="xs">
          {ui.retry}
        </Button>
      )}
    </Stack>
  );
}
