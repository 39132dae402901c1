import type { HistoryEvent } from './history.ts';

export const FINDING_KINDS = [
  'lost', // acknowledged, not stored
  'duplicate-stored', // one client message id, two messages
  'retry-other-pts', // two acks of one message disagree
  'ack-differs', // an ack says another position or id than the store
  'mutated', // stored with another body
  'phantom', // stored, never sent
  'stored-though-rejected', // every attempt was definitely refused
  'gap-in-store',
  'duplicate-pts',
  'seq-not-dense',
  'reads-differ', // messages and events tell different stories
  'order-inversion', // acknowledged before the other was sent, yet behind it
  'spoke-after-ban',
  'apply-gap',
  'apply-duplicate',
  'apply-reorder',
  'divergent', // a client was told something else than is stored
  'final-state', // a client did not end where the room ended
  'seen-after-ban',
  'content-after-delete', // given out after its deletion was acknowledged
  'read-went-back', // a read position behind an acknowledged one
  'unread-differs', // not what a recount gives
  'wrongly-refused', // a member of the room was told not to be one
  'foreign-content', // of another tenant, or in a log
  'leak', // memory, files or connections that do not come back
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Finding {
  readonly kind: FindingKind;
  readonly roomId: string;
  readonly detail: string;
  /** The first events that have to do with it. */
  readonly context: readonly HistoryEvent[];
}

const CONTEXT_MAX = 20;

/** Collects findings. Context is searched for the first ones only: a broken run has thousands. */
export class Findings {
  readonly all: Finding[] = [];
  private static readonly withContext = 50;
  private readonly history: readonly HistoryEvent[];

  constructor(history: readonly HistoryEvent[]) {
    this.history = history;
  }

  add(kind: FindingKind, roomId: string, detail: string, concerns: (event: HistoryEvent) => boolean): void {
    const context: HistoryEvent[] = [];
    if (this.all.length < Findings.withContext) {
      for (const event of this.history) {
        if (context.length === CONTEXT_MAX) break;
        if (concerns(event)) context.push(event);
      }
    }
    this.all.push({ kind, roomId, detail, context });
  }
}

/** Does an event concern one message, by its key, or one position of a room? */
export const aboutMessage =
  (roomId: string, userId: string, clientMessageId: string, pts?: number) =>
  (event: HistoryEvent): boolean =>
    'clientMessageId' in event
      ? event.roomId === roomId && event.userId === userId && event.clientMessageId === clientMessageId
      : pts !== undefined && aboutPosition(roomId, pts)(event);

export const aboutPosition =
  (roomId: string, pts: number) =>
  (event: HistoryEvent): boolean =>
    'roomId' in event && event.roomId === roomId && 'pts' in event && event.pts === pts;

export const aboutContent =
  (messageId: string) =>
  (event: HistoryEvent): boolean =>
    ('messageId' in event && event.messageId === messageId) || ('quoted' in event && event.quoted?.messageId === messageId);

export const aboutReader =
  (userId: string, roomId: string) =>
  (event: HistoryEvent): boolean =>
    event.kind === 'mark-ok' && event.userId === userId && event.roomId === roomId;

/** What one client did around a position. */
export const aboutClient =
  (client: string, roomId: string, pts: number) =>
  (event: HistoryEvent): boolean =>
    'client' in event &&
    event.client === client &&
    (!('roomId' in event) || (event.roomId === roomId && 'pts' in event && Math.abs((event.pts ?? 0) - pts) <= 3));

export const aboutMembership =
  (userId: string, roomId: string, pts: number) =>
  (event: HistoryEvent): boolean =>
    ('userId' in event && event.userId === userId && event.kind.includes('ban')) || aboutPosition(roomId, pts)(event);
