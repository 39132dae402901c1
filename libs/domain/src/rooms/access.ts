import type { Actor } from '../actor.js';
import { DomainError, notFound } from '../errors.js';
import type { RoomId } from '../ids.js';
import { capabilitiesOf, type Capability, type Member } from '../members/member.js';
import { banHolds, type Ban } from '../moderation/ban.js';
import type { RoomAccess, TenantTx } from '../ports/store.js';

export function bannedError(ban: Ban): DomainError {
  return new DomainError('banned', {
    scope: ban.roomNo === undefined ? 'tenant' : 'room',
    reason: ban.reason,
    expiresAt: ban.expiresAt,
  });
}

/** A stranger and a missing room look the same; who was inside is told that he is not any more. */
export function whyMayNotRead(access: RoomAccess | undefined, now: Date): DomainError | undefined {
  if (!access) return notFound();
  const { room, member, ban } = access;
  if (ban && banHolds(ban, now)) return bannedError(ban);
  if (member?.status === 'member') return undefined;
  if (room.kind === 'channel' && room.settings.publicRead && !room.dissolvedAt) return undefined;
  return member ? new DomainError('not-a-member') : notFound();
}

/** Reads the room as the actor may: users by membership, keys and operators of the tenant always. */
export async function readableRoom(tx: TenantTx, actor: Actor, roomId: RoomId, now: Date): Promise<RoomAccess> {
  if (actor.kind !== 'user') {
    const room = await tx.rooms.byId(roomId);
    if (!room) throw notFound();
    return { room };
  }
  const access = await tx.rooms.access(roomId, actor.user.no);
  const refusal = whyMayNotRead(access, now);
  if (refusal || !access) throw refusal ?? notFound();
  return access;
}

/** The actor's own membership, or undefined for keys and operators, who stand above roles. Throws for users outside. */
export function standing(actor: Actor, access: RoomAccess): Member | undefined {
  if (actor.kind !== 'user') return undefined;
  if (access.member?.status !== 'member') throw new DomainError('not-a-member');
  return access.member;
}

export function requireCapability(actor: Actor, access: RoomAccess, capability: Capability): Member | undefined {
  if (access.room.dissolvedAt) throw new DomainError('conflict', { detail: 'the room is dissolved' });
  const member = standing(actor, access);
  if (member && !capabilitiesOf(member.role, access.room.settings).includes(capability)) throw new DomainError('forbidden');
  return member;
}

/** Below this position the viewer sees `event.hidden`. */
export function hiddenUpTo(access: RoomAccess): { pts: number; seq: number } {
  const { room, member } = access;
  return room.settings.historyVisibility === 'since-join' && member
    ? { pts: member.joinedPts - 1, seq: member.joinedSeq }
    : { pts: 0, seq: 0 };
}
