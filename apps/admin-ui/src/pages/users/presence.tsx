import { Group, Text } from '@mantine/core';
import { routes, type Presence } from '@parley/protocol';
import { useRoute } from '../../api/queries.js';
import { State } from '../../ui/badges.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { usersText } from './users.strings.js';

const REFETCH_MS = 10_000;
const text = usersText.presence;
const TONES = { online: 'ok', away: 'warn', 'do-not-disturb': 'bad', offline: 'quiet' } as const;

/** By user id; empty until it is known. */
export function usePresences(tenantId: string, userIds: readonly string[]): ReadonlyMap<string, Presence> {
  const query = useRoute(
    routes.adminUsers.presence,
    { tenantId, userIds: [...userIds].join(',') },
    { isEnabled: userIds.length > 0, refetchMs: REFETCH_MS },
  );
  return new Map(query.data?.presences.map((presence) => [presence.userId, presence]));
}

/** As other users see the user. */
export function PresenceState({ presence }: { readonly presence: Presence | undefined }) {
  if (!presence)
    return (
      <Text component="span" size="sm" c="dimmed">
        –
      </Text>
    );
  const { status, lastSeenAt, connections } = presence;
  return (
    <Group gap={6} wrap="nowrap">
      <State tone={TONES[status]}>{text[status]}</State>
      {status === 'offline' && lastSeenAt !== undefined && (
        <Text component="span" size="sm" c="dimmed">
          <TimeAgo at={lastSeenAt} />
        </Text>
      )}
      {connections > 1 && (
        <Text component="span" size="sm" c="dimmed">
          {text.devices(connections)}
        </Text>
      )}
    </Group>
  );
}
