import { checkBans } from './bans.ts';
import { checkClients } from './clients.ts';
import { checkDeletions } from './deletions.ts';
import { Findings, type Finding } from './findings.ts';
import type { HistoryEvent, Truth } from './history.ts';
import { checkLeaks } from './leaks.ts';
import { checkMembership } from './membership.ts';
import { checkReceipts } from './receipts.ts';
import { checkSends, doubledTimes } from './sends.ts';
import { checkStore } from './store.ts';

/** Judges a run: what was answered and seen against what is stored after quiescence. Pure. An empty list means that every promise held. */
export function check(history: readonly HistoryEvent[], truth: Truth): readonly Finding[] {
  const inOrder = history.toSorted((a, b) => a.t - b.t);
  const findings = new Findings(inOrder);
  const isDoubled = doubledTimes(inOrder);
  const byRoom = Map.groupBy(inOrder, (event) => ('roomId' in event ? event.roomId : undefined));
  for (const room of withUnknownRooms(inOrder, truth)) {
    const events = byRoom.get(room.roomId) ?? [];
    checkStore(room, findings);
    checkSends(events, room, findings, isDoubled);
    checkClients(events, room, findings);
    checkBans(events, room, findings);
    checkDeletions(events, room, findings);
    checkMembership(events, findings);
    checkReceipts(events, room, findings);
  }
  checkTenants(inOrder, findings);
  checkLeaks(inOrder, findings);
  return findings.all;
}

/** The recorder looks for what is another tenant's wherever it looks at all. */
function checkTenants(history: readonly HistoryEvent[], findings: Findings): void {
  for (const event of history) {
    if (event.kind !== 'foreign') continue;
    findings.add('foreign-content', '-', `${event.canary} was seen in ${event.where}`, (other) => other === event);
  }
}

/** A room that was acknowledged in and is missing from the truth has lost everything. */
function withUnknownRooms(history: readonly HistoryEvent[], truth: Truth): Truth {
  const known = new Set(truth.map(({ roomId }) => roomId));
  const named = new Set(history.flatMap((event) => ('roomId' in event && !known.has(event.roomId) ? [event.roomId] : [])));
  return [...truth, ...[...named].map((roomId) => ({ roomId, events: [] }))];
}

/** For people: what, where, and the events around it. */
export function explain(findings: readonly Finding[], max = 10): string {
  const lines = findings
    .slice(0, max)
    .flatMap(({ kind, roomId, detail, context }) => [
      `${kind} in ${roomId}: ${detail}`,
      ...context.map((event) => `    ${JSON.stringify(event)}`),
    ]);
  return [`${findings.length} findings`, ...lines].join('\n');
}
