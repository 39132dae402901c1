import { pageOf, type Audit, type AuditRecord } from '@parley/domain';
import { writeAudit } from '../postgres/side-effects.js';
import { AuditEntity } from './entities.js';
import type { Tx } from './tx.js';

export function auditSection({ manager, run, tenantId }: Tx): Audit {
  return {
    append: (entry) => writeAudit(run, tenantId, entry),
    list: async ({ action, actorId }, { limit, after }) => {
      const query = manager.createQueryBuilder(AuditEntity, 'a').where('a.tenantId = :tenantId', { tenantId });
      if (action !== undefined) query.andWhere('a.action = :action', { action });
      if (actorId !== undefined) query.andWhere('a.actorId = :actorId', { actorId });
      if (after) query.andWhere('a.number < :before', { before: after[0] });
      const rows = await query
        .orderBy('a.number', 'DESC')
        .take(limit + 1)
        .getMany();
      return pageOf(rows.map(toRecord), limit, (record) => [record.number]);
    },
  };
}

function toRecord(row: AuditEntity): AuditRecord {
  const { tenantId, number, at, action, actorKind, actorId, targetKind, targetId, detail, requestId, ip, hash } = row;
  return {
    tenantId: tenantId === '' ? undefined : tenantId,
    number: Number(number),
    at,
    action,
    actorKind,
    actorId,
    target: { kind: targetKind, id: targetId },
    detail,
    requestId,
    ip: ip ?? undefined,
    hash,
  };
}
