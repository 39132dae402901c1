import { Button } from '@mantine/core';
import { routes, type Tenant } from '@parley/protocol';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { confirmThat } from '../../ui/dialogs.js';
import { Panel } from '../../ui/panel.js';
import { tenantsText } from './tenants.strings.js';

const { danger: text } = tenantsText;

function confirmSuspend({ id: tenantId }: Tenant): void {
  confirmThat({
    title: text.confirmTitle(tenantId),
    consequences: text.consequences,
    word: tenantId,
    action: text.action,
    isDanger: true,
    run: () => call(routes.tenants.suspend, { tenantId }),
    refresh: () => refreshTenant(tenantId),
    done: text.done,
  });
}

function confirmResume({ id: tenantId }: Tenant): void {
  confirmThat({
    title: text.resumeConfirm(tenantId),
    consequences: text.resumeConsequences,
    word: tenantId,
    action: text.resume,
    run: () => call(routes.tenants.resume, { tenantId }),
    refresh: () => refreshTenant(tenantId),
    done: text.resumed,
  });
}

export function SuspendPanel({ tenant }: { readonly tenant: Tenant }) {
  const may = useMay();
  const isSuspended = tenant.status === 'suspended';
  const button = isSuspended ? (
    <Button onClick={() => confirmResume(tenant)}>{text.resume}</Button>
  ) : (
    <Button variant="outline" color="red" onClick={() => confirmSuspend(tenant)}>
      {text.action}
    </Button>
  );
  return (
    <Panel
      title={isSuspended ? text.resumeTitle : text.title}
      description={isSuspended ? text.resumeBody : text.body}
      actions={may('admin') && button}
      isDanger
    />
  );
}
