import { routes } from '@parley/protocol';
import { useRoute } from '../../api/queries.js';
import { PAGE_SIZE, useListAddress } from '../../ui/list-address.js';
import { PageHeader } from '../../ui/page-header.js';
import { AuditTable } from './audit-table.js';
import { auditText } from './audit.strings.js';

export default function AuditPage() {
  const address = useListAddress();
  const query = useRoute(routes.audit.ofPlatform, {
    action: address.get('action'),
    actorId: address.get('actorId'),
    cursor: address.cursor,
    limit: PAGE_SIZE,
  });
  return (
    <>
      <PageHeader title={auditText.title} description={auditText.platform} />
      <AuditTable query={query} address={address} />
    </>
  );
}
