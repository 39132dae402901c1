import { aboutReader, type Findings } from './findings.ts';
import type { HistoryEvent, Of, RoomTruth } from './history.ts';

/** Read positions never move back while somebody stays a member, and unread is what a recount gives (G9). */
export function checkReceipts(history: readonly HistoryEvent[], room: RoomTruth, findings: Findings): void {
  const marks = Map.groupBy(
    history.filter((event) => event.kind === 'mark-ok'),
    ({ userId }) => userId,
  );
  const lastSeq = room.events.reduce((highest, { seq = 0 }) => Math.max(highest, seq), 0);
  for (const [userId, all] of marks) {
    const ends = history.filter((event) => event.kind === 'ban-inv' && event.userId === userId).map(({ t }) => t);
    const membership = (t: number): number => ends.filter((end) => end < t).length;
    for (const own of Map.groupBy(all, ({ t }) => membership(t)).values()) checkMarks(own, room, findings);
    const reader = room.readers?.find((one) => one.userId === userId);
    const last = all.filter(({ t }) => membership(t) === ends.length).reduce((highest, { readSeq }) => Math.max(highest, readSeq), 0);
    if (reader && reader.readSeq < last) wentBack(`${userId} had read up to ${last} and ends at ${reader.readSeq}`, userId, room, findings);
  }
  for (const { userId, readSeq, unread } of room.readers ?? []) {
    if (unread === lastSeq - readSeq) continue;
    const detail = `${userId} has read ${readSeq} of ${lastSeq} and is told ${unread} unread`;
    findings.add('unread-differs', room.roomId, detail, aboutReader(userId, room.roomId));
  }
}

/** An answer to what was asked after another answer is not behind that one. */
function checkMarks(marks: readonly Of<'mark-ok'>[], room: RoomTruth, findings: Findings): void {
  let highest = 0;
  const byAnswer = marks.toSorted((a, b) => a.t - b.t);
  let answered = 0;
  for (const mark of marks.toSorted((a, b) => a.askedAt - b.askedAt)) {
    for (let next = byAnswer[answered]; next && next.t < mark.askedAt; next = byAnswer[answered]) {
      highest = Math.max(highest, next.readSeq);
      answered += 1;
    }
    if (mark.readSeq < highest) wentBack(`${mark.userId} was at ${highest}, then at ${mark.readSeq}`, mark.userId, room, findings);
  }
}

function wentBack(detail: string, userId: string, { roomId }: RoomTruth, findings: Findings): void {
  findings.add('read-went-back', roomId, detail, aboutReader(userId, roomId));
}
