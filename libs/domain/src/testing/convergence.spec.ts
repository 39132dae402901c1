import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MEMBER_EVENTS } from '../events.js';
import type { Member } from '../members/member.js';
import { aStory, tell, type FetchedRoom } from './convergence.js';
import type { FoldedRoom } from './room-fold.js';

const RUNS = 1_000;

/** Cursors are told by receipts and not by the log. */
const standingOf = ({ user, role, status, name, mutedUntil, joinedPts, joinedSeq }: Member) => ({
  user,
  role,
  status,
  name,
  mutedUntil,
  joinedPts,
  joinedSeq,
});
const byId = (members: Iterable<Member>) => [...members].map(standingOf).sort((a, b) => (a.user.id < b.user.id ? -1 : 1));

function expectSame({ room, members, messages }: FetchedRoom, known: FoldedRoom): void {
  expect(known.room).toEqual(room);
  expect(byId(known.members.values())).toEqual(byId(members));
  expect([...known.messages.values()].sort((a, b) => a.seq - b.seq)).toEqual(messages);
}

it('knows from the log what can be fetched, at once and in slices, whatever happened', async () => {
  let readers = 0;
  const types = new Set<string>();
  await fc.assert(
    fc.asyncProperty(aStory, async (story) => {
      const { fetched, events, atOnce, inSlices } = await tell(story);
      expectSame(fetched, atOnce);
      if (inSlices) expectSame(fetched, inSlices);
      readers += inSlices ? 1 : 0;
      for (const { type } of events) types.add(type);
      expect(fetched.room.memberCount).toBe(fetched.members.length);
      expect(fetched.room.lastSeq).toBe(fetched.messages.length);
      if (!fetched.room.dissolvedAt)
        expect(fetched.members.some(({ role }) => role === 'owner') || fetched.members.length === 0).toBe(true);
    }),
    { numRuns: RUNS },
  );
  expect([...types].sort()).toEqual(
    [...MEMBER_EVENTS, 'message.created', 'message.deleted', 'room.created', 'room.dissolved', 'room.updated'].sort(),
  );
  expect(readers).toBeGreaterThan(RUNS / 10);
});
