import { aboutMembership, type Findings } from './findings.js';
import { isMessage, type HistoryEvent, type Of, type RoomTruth } from './history.js';

/** A ban that was acknowledged, by its position in the room. */
interface Ban {
  readonly userId: string;
  readonly pts: number;
  /** Its lifting was asked for at this time: from then on nothing is certain. */
  readonly liftedAt: number;
}

/** After the ack of a ban: no later event for its subject, none of its own. By position, not by time: what is in a TCP buffer is no violation. */
export function checkBans(history: readonly HistoryEvent[], room: RoomTruth, findings: Findings): void {
  const { roomId } = room;
  const bans = history.filter((event) => event.kind === 'ban-ok').filter((ban) => ban.roomId === roomId);
  for (const ban of bans.flatMap((event) => placed(event, history, room) ?? [])) {
    const { userId, pts: from, liftedAt } = ban;
    for (const event of history) {
      if ((event.kind !== 'recv' && event.kind !== 'apply') || event.roomId !== roomId || event.userId !== userId) continue;
      if (event.pts <= from || event.t >= liftedAt) continue;
      findings.add(
        'seen-after-ban',
        roomId,
        `${event.client} saw pts ${event.pts}, banned at pts ${from}`,
        aboutMembership(userId, roomId, event.pts),
      );
    }
    if (liftedAt !== Infinity) continue;
    for (const { pts, senderId, clientMessageId } of room.events.filter(isMessage)) {
      if (senderId !== userId || pts <= from) continue;
      findings.add(
        'spoke-after-ban',
        roomId,
        `${clientMessageId} of ${userId} at pts ${pts}, banned at pts ${from}`,
        aboutMembership(userId, roomId, pts),
      );
    }
  }
}

/** An ack by REST has no position: then it is the first event in the log that bans this user. */
function placed(event: Of<'ban-ok'>, history: readonly HistoryEvent[], room: RoomTruth): Ban | undefined {
  const { userId, roomId, t } = event;
  const pts = event.pts ?? room.events.find(({ type, subjectId }) => type === 'member.banned' && subjectId === userId)?.pts;
  const lifting = history.find((other) => other.kind === 'unban-inv' && other.userId === userId && other.roomId === roomId && other.t > t);
  return pts === undefined ? undefined : { userId, pts, liftedAt: lifting?.t ?? Infinity };
}
