import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import type { Problem } from '@parley/protocol';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { problemOf } from '../api/client.js';
import { CopyId } from './copyable.js';
import { formatSentence } from './format.js';
import { PageHeader } from './page-header.js';
import { ui } from './strings.js';

function Facts({ problem }: { readonly problem: Problem }) {
  return (
    <Group gap="md" fz="xs" c="dimmed">
      <span>
        {ui.problem.code} <span className="mono">{problem.code}</span>
      </span>
      {problem.requestId && (
        <Group gap={4} component="span">
          {ui.problem.request} <CopyId id={problem.requestId} label={ui.id.request} />
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
        {problem.detail && problem.detail !== problem.title && <Text size="sm">{formatSentence(problem.detail)}</Text>}
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
        {problem.detail && problem.detail !== problem.title && formatSentence(problem.detail)} {problem.retryable && ui.problem.retryable}
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

/** A page whose subject could not be read: still a page with a title. */
export function FailedPage({ title, query }: { readonly title: string; readonly query: { readonly error: unknown; refetch(): unknown } }) {
  return (
    <>
      <PageHeader title={title} />
      <ErrorState error={query.error} retry={() => void query.refetch()} />
    </>
  );
}
