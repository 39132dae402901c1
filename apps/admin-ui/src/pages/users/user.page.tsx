import { Button, Group, Skeleton, Stack } from '@mantine/core';
import { routes, type Out } from '@parley/protocol';
import { IconBan, IconKey } from '@tabler/icons-react';
import { useRoute } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { CopyId } from '../../ui/copyable.js';
import { PageHeader } from '../../ui/page-header.js';
import { Facts, Panel } from '../../ui/panel.js';
import { useTenantId, useUserId } from '../../ui/path-ids.js';
import { PersonAvatar } from '../../ui/person.js';
import { FailedPage } from '../../ui/problem-view.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { BanAlert } from '../bans/ban-alert.js';
import { openBan } from '../bans/ban-dialog.js';
import { openMintToken } from '../keys/mint-token.js';
import classes from '../overview/overview.module.css';
import { ActivationButton } from './activation-button.js';
import { PresenceState, usePresences } from './presence.js';
import { UserProfileForm } from './user-profile-form.js';
import { UserRooms } from './user-rooms.js';
import { usersText as text } from './users.strings.js';
import { State } from '../../ui/badges.js';
import { ui } from '../../ui/strings.js';

type AdminUser = Out<typeof routes.adminUsers.get>['user'];

export default function UserPage() {
  const tenantId = useTenantId();
  const userId = useUserId();
  const may = useMay();
  const query = useRoute(routes.adminUsers.get, { tenantId, userId });
  if (query.error && !query.data) return <FailedPage title={userId} query={query} />;
  if (!query.data) return <Skeleton height={320} radius="lg" aria-busy="true" />;
  const { user } = query.data;
  return (
    <>
      <PageHeader
        title={user.name}
        before={<PersonAvatar id={user.id} name={user.name} image={user.image} size={44} />}
        beside={<UserBadges user={user} />}
        description={<CopyId id={user.id} label={ui.id.user} />}
        actions={<UserActions user={user} tenantId={tenantId} />}
      />
      <Stack gap="md">
        {user.ban && <BanAlert ban={user.ban} tenantId={tenantId} />}
        <div className={classes.columns}>
          <UserProfileForm key={user.updatedAt} tenantId={tenantId} user={user} mayChange={may('admin', tenantId)} />
          <About user={user} tenantId={tenantId} />
        </div>
        <UserRooms tenantId={tenantId} userId={userId} />
      </Stack>
    </>
  );
}

function UserBadges({ user }: { readonly user: AdminUser }) {
  return (
    <Group gap="sm">
      {user.ban && <State tone="bad">{text.banned}</State>}
      {user.deactivatedAt ? <State tone="warn">{text.deactivated}</State> : <State tone="ok">{text.active}</State>}
    </Group>
  );
}

function UserActions({ user, tenantId }: { readonly user: AdminUser; readonly tenantId: string }) {
  const may = useMay();
  return (
    <>
      {may('admin', tenantId) && (
        <>
          <Button variant="default" leftSection={<IconKey size={16} />} onClick={() => openMintToken(tenantId, user.id)}>
            {text.mint}
          </Button>
          <ActivationButton tenantId={tenantId} user={user} />
        </>
      )}
      {may('moderator', tenantId) && (
        <Button variant="outline" color="red" leftSection={<IconBan size={16} />} onClick={() => openBan({ tenantId, userId: user.id })}>
          {text.ban}
        </Button>
      )}
    </>
  );
}

function About({ user, tenantId }: { readonly user: AdminUser; readonly tenantId: string }) {
  const presences = usePresences(tenantId, [user.id]);
  return (
    <Panel title={text.facts.title}>
      <Facts
        items={[
          [text.facts.id, <CopyId id={user.id} label={ui.id.user} />],
          [text.facts.presence, <PresenceState presence={presences.get(user.id)} />],
          [text.facts.created, <TimeAgo at={user.createdAt} />],
          [text.facts.updated, <TimeAgo at={user.updatedAt} />],
          user.deactivatedAt !== undefined && [text.facts.deactivated, <TimeAgo at={user.deactivatedAt} />],
        ]}
      />
    </Panel>
  );
}
