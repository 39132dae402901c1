import { aboutPosition, type Findings } from './findings.ts';
import { isMessage, type RoomTruth, type StoredMessage } from './history.ts';

/** The store by itself: positions 1..N, numbers of messages 1..M, both ways of reading the same. */
export function checkStore(room: RoomTruth, findings: Findings): void {
  checkPositions(room, findings);
  checkNumbers(room, findings);
  if (room.messages) checkReads(room, room.messages, findings);
}

function checkPositions({ roomId, events }: RoomTruth, findings: Findings): void {
  const sorted = events.map(({ pts }) => pts).toSorted((a, b) => a - b);
  let last = 0;
  for (const pts of sorted) {
    if (pts === last) findings.add('duplicate-pts', roomId, `pts ${pts} is stored twice`, aboutPosition(roomId, pts));
    else if (pts !== last + 1) findings.add('gap-in-store', roomId, `after pts ${last} comes ${pts}`, aboutPosition(roomId, last));
    last = pts;
  }
}

function checkNumbers({ roomId, events }: RoomTruth, findings: Findings): void {
  const messages = events.filter(isMessage).toSorted((a, b) => a.pts - b.pts);
  messages.forEach(({ seq, pts }, index) => {
    if (seq !== index + 1)
      findings.add('seq-not-dense', roomId, `the message at pts ${pts} has seq ${seq} instead of ${index + 1}`, aboutPosition(roomId, pts));
  });
}

function checkReads({ roomId, events }: RoomTruth, messages: readonly StoredMessage[], findings: Findings): void {
  const logged = new Map(events.filter(isMessage).map((message) => [message.pts, message]));
  const listed = new Map(messages.map((message) => [message.pts, message]));
  for (const pts of new Set([...logged.keys(), ...listed.keys()])) {
    const [a, b] = [logged.get(pts), listed.get(pts)];
    const isSame =
      a && b && a.messageId === b.messageId && a.seq === b.seq && a.bodyHash === b.bodyHash && a.clientMessageId === b.clientMessageId;
    if (!isSame) findings.add('reads-differ', roomId, `pts ${pts} reads differently as event and as message`, aboutPosition(roomId, pts));
  }
}
