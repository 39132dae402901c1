import { Alert, Button, Group, Text } from '@mantine/core';
import type { Ban } from '@parley/protocol';
import { IconBan } from '@tabler/icons-react';
import { useMay } from '../../session/session.js';
import { ui } from '../../ui/strings.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { bansText as text } from './bans.strings.js';
import { confirmLift } from './lift-ban.js';

/** The ban that holds for a user, on its page. */
export function BanAlert({ ban, tenantId }: { readonly ban: Ban; readonly tenantId: string }) {
  const may = useMay();
  return (
    <Alert color="red" variant="light" icon={<IconBan size={18} />} title={ban.roomId ? text.alert.room : text.alert.tenant}>
      <Group justify="space-between" gap="sm">
        <Text size="sm">
          {ban.reason ?? text.noReason} · {text.kinds[ban.createdByKind]} <span className="mono">{ban.createdBy}</span>,{' '}
          <TimeAgo at={ban.createdAt} /> ·{' '}
          {ban.expiresAt ? (
            <>
              {ui.ends} <TimeAgo at={ban.expiresAt} />
            </>
          ) : (
            ui.untilLifted
          )}
        </Text>
        {may('moderator', tenantId) && (
          <Button variant="default" size="xs" onClick={() => confirmLift(tenantId, ban)}>
            {text.lift}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
