import { checkBans } from './check-bans.js';
import { checkClients } from './check-clients.js';
import { checkSends } from './check-sends.js';
import { checkStore } from './check-store.js';
import { Findings, type Finding } from './findings.js';
import type { HistoryEvent, Truth } from './history.js';

/** Judges a run: what was answered and seen against what is stored after quiescence. Pure. An empty list means that every promise held. */
export function check(history: readonly HistoryEvent[], truth: Truth): readonly Finding[] {
  const inOrder = history.toSorted((a, b) => a.t - b.t);
  const findings = new Findings(inOrder);
  for (const room of withUnknownRooms(inOrder, truth)) {
    checkStore(room, findings);
    checkSends(inOrder, room, findings);
    checkClients(inOrder, room, findings);
    checkBans(inOrder, room, findings);
  }
  return findings.all;
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
