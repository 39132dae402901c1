import { aboutMessage, type Findings } from './findings.ts';
import type { HistoryEvent } from './history.ts';

const NOT_A_MEMBER: ReadonlySet<string> = new Set(['not-found', 'not-a-member', 'banned', 'forbidden']);

/** Whoever is a member all through an attempt is not told otherwise. Being put out counts from its asking, coming back from its answer. */
export function checkMembership(history: readonly HistoryEvent[], findings: Findings): void {
  const absent = new Map<string, { readonly from: number; until: number }[]>();
  const begun = new Map<number, number>();
  for (const event of history) {
    if (event.kind === 'send-inv') begun.set(event.op, event.t);
    if (event.kind === 'ban-inv') absent.set(event.userId, [...(absent.get(event.userId) ?? []), { from: event.t, until: Infinity }]);
    const last = event.kind === 'unban-ok' ? absent.get(event.userId)?.at(-1) : undefined;
    if (last) last.until = event.t;
  }
  for (const event of history) {
    if (event.kind !== 'send-fail' || !NOT_A_MEMBER.has(event.code)) continue;
    const from = begun.get(event.op) ?? event.t;
    if (absent.get(event.userId)?.some((absence) => absence.from < event.t && absence.until > from)) continue;
    const { userId, roomId, clientMessageId, code } = event;
    findings.add('wrongly-refused', roomId, `${userId}, a member, was told ${code}`, aboutMessage(roomId, userId, clientMessageId));
  }
}
