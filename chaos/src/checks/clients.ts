import { aboutClient, type Findings } from './findings.ts';
import { DELETED, digestOf, type HistoryEvent, type Of, type RoomTruth, type StoredEvent } from './history.ts';

/** What one client was told of one room. */
interface Follower {
  readonly client: string;
  start: number;
  last: number;
  readonly seen: Set<number>;
}

/** Each client's app was told exactly what is stored, in order, once, and up to the end. */
export function checkClients(history: readonly HistoryEvent[], room: RoomTruth, findings: Findings): void {
  const { roomId } = room;
  const stored = new Map(room.events.map((event) => [event.pts, event]));
  const takenBack = new Map(history.flatMap((event) => (event.kind === 'delete-inv' ? [[event.messageId, event.bodyHash] as const] : [])));
  const followers = new Map<string, Follower>();
  const followerOf = (client: string): Follower => {
    const follower = followers.get(client) ?? { client, start: 0, last: 0, seen: new Set<number>() };
    followers.set(client, follower);
    return follower;
  };
  for (const event of history) {
    if (!('roomId' in event) || event.roomId !== roomId) continue;
    if (event.kind === 'start') restart(followerOf(event.client), event.pts);
    if (event.kind === 'apply') checkApply(followerOf(event.client), event, findings);
    if (event.kind === 'apply' || event.kind === 'recv') checkContent(event, stored.get(event.pts), takenBack, findings);
    if (event.kind === 'final') checkFinal(followerOf(event.client), event, room, findings);
  }
}

function restart(follower: Follower, pts: number): void {
  follower.start = pts;
  follower.last = pts;
  follower.seen.clear();
}

function checkApply(follower: Follower, { client, roomId, pts }: Of<'apply'>, findings: Findings): void {
  const concerns = aboutClient(client, roomId, pts);
  if (follower.seen.has(pts)) findings.add('apply-duplicate', roomId, `${client} was told pts ${pts} twice`, concerns);
  else if (pts <= follower.last)
    findings.add('apply-reorder', roomId, `${client} was told pts ${pts} after pts ${follower.last}`, concerns);
  else if (pts !== follower.last + 1)
    findings.add('apply-gap', roomId, `${client} was told pts ${pts} right after pts ${follower.last}`, concerns);
  follower.seen.add(pts);
  follower.last = Math.max(follower.last, pts);
}

/** Positions a viewer may not see come as `event.hidden`; everything else is what the store holds. */
function checkContent(
  event: Of<'apply'> | Of<'recv'>,
  stored: StoredEvent | undefined,
  takenBack: ReadonlyMap<string, string>,
  findings: Findings,
): void {
  const { client, roomId, pts, type, messageId, bodyHash } = event;
  if (type === 'event.hidden') return;
  // Seen before it was taken back, stored as a tombstone since.
  const wasThere = stored?.bodyHash === DELETED && bodyHash !== undefined && takenBack.get(messageId ?? '') === bodyHash;
  if (stored && stored.type === type && stored.messageId === messageId && (wasThere || stored.bodyHash === bodyHash)) return;
  const there = stored ? `${stored.type} ${stored.messageId ?? ''}` : 'nothing';
  findings.add(
    'divergent',
    roomId,
    `${client} got ${type} ${messageId ?? ''} at pts ${pts}, stored is ${there}`,
    aboutClient(client, roomId, pts),
  );
}

function checkFinal(follower: Follower, { client, roomId, pts, digest }: Of<'final'>, room: RoomTruth, findings: Findings): void {
  const head = room.events.reduce((highest, event) => Math.max(highest, event.pts), 0);
  const rest = room.events.filter((event) => event.pts > follower.start).toSorted((a, b) => a.pts - b.pts);
  const expected = digestOf(rest);
  if (pts === head && digest === expected) return;
  const detail = pts === head ? `${client} ended at pts ${pts} with another content` : `${client} ended at pts ${pts}, the room at ${head}`;
  findings.add('final-state', roomId, detail, aboutClient(client, roomId, Math.min(pts, head)));
}
