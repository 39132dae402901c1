import { routes } from '@parley/protocol';
import { useRoute } from '../../api/queries.js';
import { PAGE_SIZE, useListAddress } from '../../ui/list-address.js';
import { PageHeader } from '../../ui/page-header.js';
import { useTenantId } from '../../ui/path-ids.js';
import { AuditTable } from './audit-table.js';
import { auditText } from './audit.strings.js';

export default function TenantAuditPage() {
  const tenantId = useTenantId();
  const address = useListAddress();
  const query = useRoute(routes.audit.ofTenant, {
    tenantId,
    action: address.get('action'),
    actorId: address.get('actorId'),
    cursor: address.cursor,
    limit: PAGE_SIZE,
  });
  return (
    <>
      <PageHeader title={auditText.title} description={auditText.tenant} />
      <AuditTable query={query} address={address} />
    </>
  );
}
