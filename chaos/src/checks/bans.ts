import { aboutMembership, type Findings } from './findings.ts';
import { isMessage, OUT_TYPES, type HistoryEvent, type Of, type RoomTruth } from './history.ts';

/** Somebody was put out, banned or removed, and that was acknowledged. By positions in the room. */
interface Absence {
  readonly userId: string;
  readonly from: number;
  /** Where the subject came in again. */
  readonly until: number;
  /** Coming back was asked for at this time: from then on the past may be read again. */
  readonly liftedAt: number;
}

/** After the ack of a ban: no later event for its subject, none of its own. By position, not by time: what is in a TCP buffer is no violation. */
export function checkBans(history: readonly HistoryEvent[], room: RoomTruth, findings: Findings): void {
  const { roomId } = room;
  for (const { userId, from, until, liftedAt } of absences(history, room)) {
    for (const event of history) {
      if ((event.kind !== 'recv' && event.kind !== 'apply') || event.userId !== userId) continue;
      if (event.pts <= from || event.pts >= until || event.t >= liftedAt) continue;
      const detail = `${event.client} saw pts ${event.pts}, put out at pts ${from}`;
      findings.add('seen-after-ban', roomId, detail, aboutMembership(userId, roomId, event.pts));
    }
    for (const { pts, senderId, clientMessageId } of room.events.filter(isMessage)) {
      if (senderId !== userId || pts <= from || pts >= until) continue;
      const detail = `${clientMessageId} of ${userId} at pts ${pts}, put out at pts ${from}`;
      findings.add('spoke-after-ban', roomId, detail, aboutMembership(userId, roomId, pts));
    }
  }
}

/** The n-th acknowledgement for a user belongs to the n-th time the log puts that user out. */
function absences(history: readonly HistoryEvent[], room: RoomTruth): readonly Absence[] {
  const acked = new Map<string, Of<'ban-ok'>[]>();
  for (const event of history) if (event.kind === 'ban-ok') acked.set(event.userId, [...(acked.get(event.userId) ?? []), event]);
  return [...acked].flatMap(([userId, acks]) => {
    const times = timesOut(userId, room);
    const liftings = history.filter((event) => event.kind === 'unban-inv' && event.userId === userId);
    return acks.flatMap((ack, index): Absence[] => {
      const known =
        ack.pts === undefined ? times[index] : { from: ack.pts, until: times.find(({ from }) => from === ack.pts)?.until ?? Infinity };
      return known ? [{ userId, ...known, liftedAt: liftings.find(({ t }) => t > ack.t)?.t ?? Infinity }] : [];
    });
  });
}

function timesOut(userId: string, { events }: RoomTruth): readonly { readonly from: number; readonly until: number }[] {
  const times: { from: number; until: number }[] = [];
  for (const { pts, type, subjectId } of events.toSorted((a, b) => a.pts - b.pts)) {
    if (subjectId !== userId) continue;
    const last = times.at(-1);
    const isOut = last?.until === Infinity;
    if (OUT_TYPES.has(type) && !isOut) times.push({ from: pts, until: Infinity });
    if (type === 'member.joined' && last && isOut) last.until = pts;
  }
  return times;
}
