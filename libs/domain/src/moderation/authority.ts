import type { Actor } from '../actor.js';
import { DomainError } from '../errors.js';

/** Tenant-wide acts are for keys and operators, not for users, whatever their role in a room. */
export function requireAuthority(actor: Actor): void {
  if (actor.kind === 'user') throw new DomainError('forbidden');
}
