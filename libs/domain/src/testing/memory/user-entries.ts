import type { UserEventType } from '../../events.js';
import { notFound } from '../../errors.js';
import type { UserNo } from '../../ids.js';
import type { MemoryDatabase, TenantSpace } from './memory-database.js';
import { positionKey, type StoredRef, type UserEventRow } from './rows.js';

export interface NewUserEvent {
  readonly type: UserEventType;
  readonly userNo: UserNo;
  readonly actor: StoredRef;
  readonly data: UserEventRow['data'];
}

/** Writes the next entry of a user's log. */
export function appendUserEvent(db: MemoryDatabase, space: TenantSpace, event: NewUserEvent): UserEventRow {
  const user = space.users.get(event.userNo);
  if (!user) throw notFound();
  const userPts = user.userPts + 1;
  space.users.set(user.no, { ...user, userPts });
  const row = { ...event, id: db.random.uuid(), userPts, at: db.clock.now() };
  return space.userEvents.set(positionKey(user.no, userPts), row);
}
