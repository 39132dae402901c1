import { createHash } from 'node:crypto';
import { AlreadyRemembered, canonicalJson, type AuditEntry, type Remember } from '@parley/domain';
import { draftHash } from './rows.js';

/** Runs a statement on the transaction under way, whoever opened it. */
export type Run = <R extends object>(text: string, values: readonly unknown[]) => Promise<R[]>;

/** Appends to the audit log of a tenant ('' = the installation). Each row's hash covers the row before it (G26). */
export async function writeAudit(run: Run, tenantId: string, entry: AuditEntry): Promise<void> {
  const [head] = await run<{ number: number; hash: string; now: Date }>(
    `INSERT INTO audit_heads AS h (tenant_id, number) VALUES ($1, 1)
     ON CONFLICT (tenant_id) DO UPDATE SET number = h.number + 1 RETURNING h.number, h.hash, now() AS now`,
    [tenantId],
  );
  if (!head) throw new Error('the audit log has no head');
  const at = head.now;
  const hash = auditHash(head.hash, tenantId, head.number, at, entry);
  await run(
    `INSERT INTO audit_log (tenant_id, number, at, action, actor_kind, actor_id, target_kind, target_id, detail, request_id, ip, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      tenantId,
      head.number,
      at,
      entry.action,
      entry.actorKind,
      entry.actorId,
      entry.target.kind,
      entry.target.id,
      JSON.stringify(entry.detail),
      entry.requestId,
      entry.ip ?? null,
      hash,
    ],
  );
  await run('UPDATE audit_heads SET hash = $2 WHERE tenant_id = $1', [tenantId, hash]);
}

export function auditHash(before: string, tenantId: string, number: number, at: Date, entry: AuditEntry): string {
  const { action, actorKind, actorId, target, detail, requestId, ip } = entry;
  const content = canonicalJson({
    tenantId,
    number,
    at: at.toISOString(),
    action,
    actorKind,
    actorId,
    target,
    detail,
    requestId,
    ip: ip ?? null,
  });
  return createHash('sha256').update(before).update('\n').update(content).digest('hex');
}

/** Keeps the answer for repeats of the same `Idempotency-Key`, in the transaction of the effect. */
export async function saveRemembered(run: Run, tenantId: string, { scope, key, draft, answer }: Remember): Promise<void> {
  const saved = await run<{ key: string }>(
    `INSERT INTO remembered_answers (tenant_id, scope, key, draft_hash, answer) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING key`,
    [tenantId, scope, key, draftHash(draft), JSON.stringify(answer)],
  );
  if (saved.length === 0) throw new AlreadyRemembered();
}
