import type { ActorRef, Person } from '../actor.js';
import type { RoomId, RoomNo } from '../ids.js';

/** May not enter: one room, or the whole tenant when `roomId` is absent. */
export interface Ban {
  readonly id: string;
  readonly user: Person;
  readonly roomNo?: RoomNo;
  readonly roomId?: RoomId;
  readonly reason?: string;
  readonly createdAt: Date;
  readonly createdBy: ActorRef;
  readonly expiresAt?: Date;
}

export const banHolds = (ban: Pick<Ban, 'expiresAt'> | undefined, now: Date): boolean =>
  ban !== undefined && (ban.expiresAt === undefined || ban.expiresAt > now);
