import { DomainError } from '../errors.js';
import { capabilitiesOf, isStaff } from '../members/member.js';
import type { SendFacts } from '../ports/store.js';
import { bannedError, whyMayNotRead } from '../rooms/access.js';
import { banHolds } from '../moderation/ban.js';

/** Why the sender may not speak in this room now, or undefined when it may. A stranger and a missing room look the same. */
export function whyMayNotSpeak(facts: SendFacts | undefined, now: Date): DomainError | undefined {
  if (!facts) return whyMayNotRead(undefined, now);
  if (facts.tenant.status === 'suspended') return new DomainError('tenant-suspended');
  if (facts.tenantBan && banHolds(facts.tenantBan, now)) return bannedError(facts.tenantBan);
  const unreadable = whyMayNotRead(facts, now);
  if (unreadable) return unreadable;
  const { room, member } = facts;
  if (member?.status !== 'member') return new DomainError('not-a-member');
  if (room.dissolvedAt) return new DomainError('not-a-member', { detail: 'the room is dissolved' });
  if (member.mutedUntil && member.mutedUntil > now && !isStaff(member.role)) {
    return new DomainError('muted', { scope: 'room', expiresAt: member.mutedUntil });
  }
  if (room.settings.muted && !isStaff(member.role)) return new DomainError('room-muted', { scope: 'room' });
  if (!capabilitiesOf(member.role, room.settings).includes('message.send')) return new DomainError('forbidden');
  return room.kind === 'direct' ? whyMayNotWriteTo(facts) : undefined;
}

/** Direct rooms (D5, D6, P11, P12): neither side blocks; friends, or a peer and a tenant that take messages from others. */
function whyMayNotWriteTo({ tenant, peer }: SendFacts): DomainError | undefined {
  if (!peer || peer.user.deactivatedAt) return new DomainError('forbidden', { detail: 'the other user is gone' });
  if (peer.isBlockedBySender) return new DomainError('peer-blocked-by-you');
  if (peer.blocksSender) return new DomainError('blocked-by-peer');
  const takesStrangers =
    tenant.settings.dmPolicy === 'open' || (tenant.settings.dmPolicy === 'privacy' && peer.user.directFrom === 'everyone');
  return takesStrangers || peer.isFriend ? undefined : new DomainError('not-friends');
}
