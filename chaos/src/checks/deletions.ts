import { aboutContent, type Findings } from './findings.ts';
import { DELETED, type Content, type HistoryEvent, type RoomTruth } from './history.ts';

/**
 * What was asked for after a deletion was acknowledged may not hold the content, quotes included (G10). What comes by
 * itself may have been under way.
 */
export function checkDeletions(history: readonly HistoryEvent[], room: RoomTruth, findings: Findings): void {
  const acked = new Map<string, { readonly t: number }>();
  const blame = ({ messageId, bodyHash }: Content, t: number, where: string): void => {
    const deletion = acked.get(messageId);
    if (!deletion || bodyHash === DELETED || t <= deletion.t) return;
    findings.add('content-after-delete', room.roomId, `${messageId} was deleted and shown by ${where}`, aboutContent(messageId));
  };
  for (const event of history) if (event.kind === 'delete-ok') acked.set(event.messageId, acked.get(event.messageId) ?? event);
  if (acked.size === 0) return;
  for (const event of history) {
    if (event.kind === 'read') blame(event, event.askedAt, `a list for ${event.client}`);
    if ((event.kind !== 'recv' && event.kind !== 'apply') || event.askedAt === undefined) continue;
    for (const content of contentsOf(event)) blame(content, event.askedAt, `a difference for ${event.client}`);
  }
  for (const event of [...room.events, ...(room.messages ?? [])])
    for (const content of contentsOf(event)) blame(content, Infinity, `the log at pts ${event.pts}`);
}

/** The content itself and what a reply quotes. */
function contentsOf({ messageId, bodyHash, quoted }: Partial<Content> & { readonly quoted?: Content }): readonly Content[] {
  const own = messageId !== undefined && bodyHash !== undefined ? [{ messageId, bodyHash }] : [];
  return quoted ? [...own, quoted] : own;
}
