import { DomainError, notFound } from '../../errors.js';
import type { UserEvent } from '../../events.js';
import type { UserKey } from '../../ids.js';
import { UserLog, type UserEntry, type UserSlice } from '../../ports/user-log.js';
import { storedRef, userEventOf } from './joins.js';
import type { MemoryDatabase, TenantSpace } from './memory-database.js';
import { banKey, positionKey, type BanRow } from './rows.js';
import { appendUserEvent } from './user-entries.js';

/** The users' logs on plain maps. */
export class MemoryUserLog extends UserLog {
  constructor(private readonly db: MemoryDatabase) {
    super();
  }

  change(entry: UserEntry): Promise<UserEvent> {
    return this.db.transaction(() => {
      const space = this.db.space(entry.user.tenantId);
      const user = space.users.get(entry.user.userNo);
      if (!user) throw notFound();
      if (entry.remember) this.db.remember(space, entry.remember);
      const ban = entry.change.type === 'user.banned' ? this.ban(space, entry) : this.lift(space, entry.user);
      space.users.set(user.no, { ...user, version: user.version + 1 });
      if (entry.audit) this.db.appendAudit(space.audit, entry.audit, space.tenantId);
      const event = { type: entry.change.type, userNo: user.no, actor: storedRef(entry.by), data: { ban } };
      return userEventOf(space, appendUserEvent(this.db, space, event));
    });
  }

  private ban(space: TenantSpace, { user, change, by }: UserEntry): BanRow {
    if (change.type !== 'user.banned') throw new DomainError('internal');
    const { banId, reason, expiresAt } = change;
    const now = this.db.clock.now();
    const row = {
      id: banId,
      order: this.db.nextNumber(),
      userNo: user.userNo,
      reason,
      expiresAt,
      createdAt: now,
      createdBy: storedRef(by),
    };
    return space.bans.set(banKey(undefined, user.userNo), row);
  }

  private lift(space: TenantSpace, { userNo }: UserKey): BanRow {
    const row = space.bans.get(banKey(undefined, userNo));
    if (!row) throw new DomainError('conflict', { detail: 'there is no ban to lift' });
    space.bans.delete(banKey(undefined, userNo));
    return row;
  }

  after(user: UserKey, afterPts: number, limit: number): Promise<UserSlice> {
    return this.db.transaction(() => {
      const space = this.db.space(user.tenantId);
      const pts = space.users.get(user.userNo)?.userPts ?? 0;
      const length = Math.max(0, Math.min(limit, pts - afterPts));
      const rows = Array.from({ length }, (_, index) => space.userEvents.get(positionKey(user.userNo, afterPts + index + 1)));
      return { pts, events: rows.flatMap((row) => (row ? [userEventOf(space, row)] : [])) };
    });
  }
}
