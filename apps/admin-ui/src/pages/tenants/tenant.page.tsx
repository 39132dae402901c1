import { Skeleton, Stack } from '@mantine/core';
import { routes, type Tenant } from '@parley/protocol';
import { useRoute } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { StatusBadge } from '../../ui/badges.js';
import { CopyId } from '../../ui/copyable.js';
import { PageHeader } from '../../ui/page-header.js';
import { Facts, Panel } from '../../ui/panel.js';
import { useTenantId } from '../../ui/path-ids.js';
import { PersonAvatar } from '../../ui/person.js';
import { FailedPage } from '../../ui/problem-view.js';
import { TimeAgo } from '../../ui/time-ago.js';
import { FigureList } from '../overview/totals.js';
import classes from '../overview/overview.module.css';
import { TenantSettingsForm } from './tenant-settings-form.js';
import { SuspendPanel } from './suspend-panel.js';
import { tenantsText as text } from './tenants.strings.js';
import { ui } from '../../ui/strings.js';

export default function TenantPage() {
  const tenantId = useTenantId();
  const may = useMay();
  const query = useRoute(routes.tenants.get, { tenantId });
  if (query.error && !query.data) return <FailedPage title={tenantId} query={query} />;
  if (!query.data) return <Loading id={tenantId} />;
  const { tenant, figures } = query.data;
  return (
    <>
      <PageHeader
        title={tenant.name}
        before={<PersonAvatar id={tenant.id} name={tenant.name} size={40} isSquare />}
        beside={<StatusBadge status={tenant.status} />}
        description={<CopyId id={tenant.id} label={ui.id.tenant} />}
      />
      <Stack gap="md">
        {tenant.status === 'suspended' && <SuspendPanel tenant={tenant} />}
        <div className={classes.columns}>
          <Panel title={text.figures.title}>
            <FigureList
              figures={[
                [text.figures.users, figures.users],
                [text.figures.rooms, figures.rooms],
                [text.figures.messages, figures.messages],
                [text.figures.bans, figures.bans],
              ]}
            />
          </Panel>
          <About tenant={tenant} />
        </div>
        <TenantSettingsForm key={tenant.updatedAt} tenant={tenant} mayChange={may('admin', tenantId)} />
        {tenant.status === 'active' && may('admin') && <SuspendPanel tenant={tenant} />}
      </Stack>
    </>
  );
}

function About({ tenant }: { readonly tenant: Tenant }) {
  return (
    <Panel title={text.facts.title}>
      <Facts
        items={[
          [text.facts.created, <TimeAgo at={tenant.createdAt} />],
          [text.facts.updated, <TimeAgo at={tenant.updatedAt} />],
          tenant.suspendedAt !== undefined && [text.facts.suspended, <TimeAgo at={tenant.suspendedAt} />],
        ]}
      />
    </Panel>
  );
}

function Loading({ id }: { readonly id: string }) {
  return (
    <>
      <PageHeader title={id} before={<PersonAvatar id={id} size={40} isSquare />} />
      <Stack gap="md" aria-busy="true">
        <Skeleton height={120} radius="lg" />
        <Skeleton height={360} radius="lg" />
      </Stack>
    </>
  );
}
