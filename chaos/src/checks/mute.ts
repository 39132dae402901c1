import type { Outcome } from '../load/speaker.ts';
import type { HistoryEvent } from './history.ts';

/** How far two clocks of one machine may be apart. */
const SLACK_MS = 100;

/** A send that waited too long on a connection which had fallen mute, and is charged to no fault. */
export type Excused = Pick<Outcome, 'client' | 'clientMessageId' | 'startedAt' | 'tookMs'>;

/**
 * Sends that are excused although the server had heard them on the mute connection: it left them without an answer. The id
 * of a message tells when it was stored, and so by which attempt; where sockets were destroyed within that attempt, the
 * answer may have gone down with one. Times in milliseconds of this process's `performance.now()`.
 */
export function heardAllTheSame(
  excused: readonly Excused[],
  blows: readonly number[],
  history: readonly HistoryEvent[],
): readonly string[] {
  return history.flatMap((event) => {
    if (event.kind !== 'send-ok' || !event.deduplicated) return [];
    const storedAt = timeOf(event.messageId) - performance.timeOrigin;
    const isHeard = excused.some(
      ({ client, clientMessageId, startedAt, tookMs }) =>
        client === event.client &&
        clientMessageId === event.clientMessageId &&
        storedAt >= startedAt - SLACK_MS &&
        storedAt <= startedAt + tookMs &&
        !blows.some((at) => at > startedAt && at < startedAt + tookMs),
    );
    return isHeard ? [`${event.client} ${event.clientMessageId} was stored on a connection that was left mute`] : [];
  });
}

/** UUIDv7: milliseconds since 1970 come first. */
const timeOf = (messageId: string): number => Number.parseInt(messageId.replace('-', '').slice(0, 12), 16);
