import type { Actor, PlatformActor } from '../actor.js';
import type { TenantId } from '../ids.js';
import type { JsonObject } from '../json.js';

/** One row of the append-only log of what operators and keys did. Written in the transaction of the action, or the action fails. */
export interface AuditEntry {
  /** `noun.verb`, such as `user.ban`. */
  readonly action: string;
  readonly actorKind: 'operator' | 'key' | 'user' | 'system';
  readonly actorId: string;
  readonly target: { readonly kind: string; readonly id: string };
  readonly detail: JsonObject;
  readonly requestId: string;
  readonly ip?: string;
}

export interface AuditRecord extends AuditEntry {
  /** Absent for what concerns the whole installation. */
  readonly tenantId?: TenantId;
  /** 1, 2, 3, ... per tenant; each row's hash covers the row before it. */
  readonly number: number;
  readonly at: Date;
  readonly hash: string;
}

/** What an actor did, ready to be written. Users' own doings are in the room log and are not audited. */
export function auditOf(actor: Actor | PlatformActor, action: string, target: AuditEntry['target'], detail: JsonObject = {}): AuditEntry {
  const [actorKind, actorId] =
    actor.kind === 'key'
      ? (['key', actor.keyId] as const)
      : actor.kind === 'user'
        ? (['user', actor.user.id] as const)
        : (['operator', actor.operatorId] as const);
  return { action, actorKind, actorId, target, detail, requestId: actor.call.requestId, ip: actor.call.ip };
}

/** Room changes by operators and keys are audited beside the room's own log; a user's are not. */
export function auditUnlessUser(
  actor: Actor,
  action: string,
  target: AuditEntry['target'],
  detail: JsonObject = {},
): AuditEntry | undefined {
  return actor.kind === 'user' ? undefined : auditOf(actor, action, target, detail);
}
