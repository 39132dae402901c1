import { DomainError, type TenantLimits, type UserKey } from '@parley/domain';
import { presentProblem } from '@parley/protocol';
import type { Socket } from 'socket.io';

export type TooManySockets = 'refuse-newest' | 'close-oldest';

/** How soon somebody may try again who was refused. */
const RETRY_MS = 5_000;

/**
 * The sockets of each user and tenant, counted from the moment a token was found good: whoever comes at the same time
 * counts too (case 88).
 */
export class Seats {
  /** In the order they came. */
  private readonly users = new Map<string, Socket[]>();
  private readonly tenants = new Map<string, number>();

  constructor(private readonly policy: TooManySockets) {}

  take(
    socket: Socket,
    { tenantId, userNo }: UserKey,
    { socketsPerUser, socketsPerTenant }: Pick<TenantLimits, 'socketsPerUser' | 'socketsPerTenant'>,
  ): void {
    // Nothing would tell us any more that it is gone.
    if (socket.conn.readyState !== 'open') throw new DomainError('unavailable');
    const key = `${tenantId}/${userNo}`;
    const own = this.users.get(key) ?? [];
    const mustReplace = own.length >= socketsPerUser;
    if (mustReplace && this.policy === 'refuse-newest') throw tooMany(`at most ${socketsPerUser} connections per user`);
    if (!mustReplace && (this.tenants.get(tenantId) ?? 0) >= socketsPerTenant) throw tooMany('the tenant has too many connections');
    // More than one where the limit was lowered meanwhile.
    for (const oldest of own.slice(0, Math.max(0, own.length - socketsPerUser + 1))) {
      this.release(oldest, key, tenantId);
      replace(oldest);
    }
    this.users.set(key, [...(this.users.get(key) ?? []), socket]);
    this.tenants.set(tenantId, (this.tenants.get(tenantId) ?? 0) + 1);
    const release = (): void => this.release(socket, key, tenantId);
    socket.once('disconnect', release);
    socket.conn.once('close', release);
  }

  private release(socket: Socket, key: string, tenantId: string): void {
    const own = this.users.get(key);
    if (!own?.includes(socket)) return;
    if (own.length === 1) this.users.delete(key);
    else
      this.users.set(
        key,
        own.filter((other) => other !== socket),
      );
    const left = (this.tenants.get(tenantId) ?? 1) - 1;
    if (left === 0) this.tenants.delete(tenantId);
    else this.tenants.set(tenantId, left);
  }
}

const tooMany = (detail: string): DomainError => new DomainError('quota-exceeded', { detail, retryAfterMs: RETRY_MS });

/** For good: two clients that replaced each other would do so for ever. */
function replace(socket: Socket): void {
  const error = new DomainError('conflict', { detail: 'a newer connection of this user took its place' });
  if (socket.connected) socket.emit('session.ended', presentProblem(error, ''));
  socket.disconnect(true);
}
