import type { Person } from '../actor.js';
import type { JsonObject } from '../json.js';

/** Whose direct messages a user takes, under the tenant's policy `privacy`. */
export type DirectFrom = 'everyone' | 'friends';

export interface User extends Person {
  readonly metadata: JsonObject;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deactivatedAt?: Date;
  readonly directFrom: DirectFrom;
  /** `uver`: raised by what holds in every room (ban, deactivation, block). */
  readonly version: number;
  /** Head of the user's own log. */
  readonly userPts: number;
}

export interface UserProfile {
  readonly name?: string;
  readonly image?: string | null;
  readonly metadata?: JsonObject;
}

export const personOf = ({ no, id, name, image }: Person): Person => (image === undefined ? { no, id, name } : { no, id, name, image });
