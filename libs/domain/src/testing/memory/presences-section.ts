import type { UserNo } from '../../ids.js';
import { wantsToBeSeen, type PresenceRecord } from '../../presence/presence.js';
import type { Presences } from '../../ports/store.js';
import type { MemoryDatabase, TenantSpace } from './memory-database.js';

export function memoryPresences(db: MemoryDatabase, space: TenantSpace): Presences {
  const of = (no: UserNo): PresenceRecord => space.presences.get(no) ?? { wish: 'online' };
  const roomsOf = (no: UserNo): Set<number> =>
    new Set([...space.members.values()].flatMap((member) => (member.userNo === no && member.status === 'member' ? [member.roomNo] : [])));
  return {
    of: async (userNos) => userNos.map(of),
    wish: async (userNo, wish) => {
      const known = of(userNo);
      const now = db.clock.now();
      const lastSeenAt = wantsToBeSeen(known.wish) && !wantsToBeSeen(wish) ? now : known.lastSeenAt;
      return space.presences.set(userNo, { wish, changedAt: now, lastSeenAt });
    },
    seen: async (entries) => {
      for (const { userNo, at } of entries) {
        const known = of(userNo);
        if (wantsToBeSeen(known.wish) && at > (known.lastSeenAt ?? new Date(0))) space.presences.set(userNo, { ...known, lastSeenAt: at });
      }
    },
    areVisible: async (pairs) =>
      pairs.map(({ viewerNo, userNo }) => {
        const rooms = roomsOf(viewerNo);
        return viewerNo === userNo || [...roomsOf(userNo)].some((roomNo) => rooms.has(roomNo));
      }),
  };
}
