import type { Actor } from '../actor.js';
import { DomainError } from '../errors.js';
import { canonicalJson, type JsonValue } from '../json.js';
import type { Remember, TenantTx } from '../ports/store.js';

/** Keys of one caller and operation never meet another's. */
const scopeOf = (actor: Actor, operation: string): string => {
  const who =
    actor.kind === 'user' ? `user:${actor.user.no}` : actor.kind === 'key' ? `key:${actor.keyId}` : `operator:${actor.operatorId}`;
  return `${who}/${operation}`;
};

/** What the first call under this caller's `Idempotency-Key` was answered with. Throws `idempotency-mismatch` for another body. */
export async function earlierAnswer(tx: TenantTx, actor: Actor, operation: string, body: unknown): Promise<JsonValue | undefined> {
  const key = actor.call.idempotencyKey;
  if (key === undefined) return undefined;
  const found = await tx.remembered.find(scopeOf(actor, operation), key, canonicalJson(body));
  if (found && !found.isSameDraft) throw new DomainError('idempotency-mismatch');
  return found?.answer;
}

/** What the effect's transaction keeps, so that a repeat finds it. */
export function rememberFor(actor: Actor, operation: string, body: unknown, answer: JsonValue): Remember | undefined {
  const key = actor.call.idempotencyKey;
  return key === undefined ? undefined : { scope: scopeOf(actor, operation), key, draft: canonicalJson(body), answer };
}
