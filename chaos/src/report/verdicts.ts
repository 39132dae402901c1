import type { Finding, FindingKind } from '../checks/findings.ts';
import type { Counts } from './figures.ts';

/** What breaks which promise. */
const PROMISE_OF: Readonly<Record<FindingKind, string>> = {
  lost: 'G1',
  'duplicate-stored': 'G2',
  'retry-other-pts': 'G2',
  'ack-differs': 'G2',
  mutated: 'G7',
  phantom: 'G4',
  'stored-though-rejected': 'G21',
  'gap-in-store': 'G5',
  'duplicate-pts': 'G5',
  'seq-not-dense': 'G5',
  'reads-differ': 'G7',
  'order-inversion': 'G5',
  'spoke-after-ban': 'G11',
  'apply-gap': 'G6',
  'apply-duplicate': 'G6',
  'apply-reorder': 'G6',
  divergent: 'G7',
  'final-state': 'G6',
  'seen-after-ban': 'G11',
  'content-after-delete': 'G10',
  'read-went-back': 'G9',
  'unread-differs': 'G9',
  'wrongly-refused': 'G12',
  'foreign-content': 'G13',
  leak: 'G20',
};

/** What a fault that did not go as it must breaks, by its code. */
const PROMISE_OF_FAULT: Readonly<Record<string, string>> = {
  F2: 'G3',
  F7: 'G1',
  F19: 'G6',
  F20: 'G6',
  F21: 'G20',
  F22: 'G6',
  F23: 'G20',
  F24: 'G20',
  F29: 'G23',
  F30: 'G2',
};

export interface Evidence {
  readonly findings: readonly Finding[];
  /** Codes of faults that were played. */
  readonly codes: ReadonlySet<string>;
  readonly violations: readonly { readonly code: string; readonly text: string }[];
  readonly troubles: readonly string[];
  readonly counts: Counts;
}

export interface Verdict {
  readonly promise: string;
  readonly title: string;
  readonly state: 'held' | 'violated' | 'not tried';
  readonly why: string;
}

type Tried = (evidence: Evidence) => string | undefined;

const any =
  (...codes: readonly string[]): Tried =>
  ({ codes: played }) => {
    const hit = codes.filter((code) => played.has(code));
    return hit.length > 0 ? hit.join(', ') : undefined;
  };
const counted =
  (name: keyof Counts, what: string): Tried =>
  ({ counts }) =>
    counts[name] > 0 ? `${counts[name]} ${what}` : undefined;

/** What it takes for a promise to count as tried, in words for the report; undefined = it was not. */
const PROMISES: readonly (readonly [promise: string, title: string, tried: Tried, otherwise: string])[] = [
  ['G1', 'an acknowledged message is never lost', any('F2', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F11', 'F39'), 'nothing was killed'],
  [
    'G2',
    'a client message id counts once',
    counted('deduplicated', 'repeats answered with the first message'),
    'no repeat met its first message',
  ],
  ['G3', 'one retry settles an unknown outcome', counted('settled', 'unknown outcomes settled'), 'no outcome was unknown'],
  ['G4', 'message, position and counters together or not at all', counted('messages', 'messages, counters recounted'), 'nothing was sent'],
  ['G5', 'positions 1..N without a hole, in real-time order', counted('acknowledged', 'messages in order'), 'nothing was sent'],
  ['G6', 'every client is told exactly the acknowledged sequence', counted('connections', 'connections'), 'nobody connected'],
  [
    'G7',
    'one content per position: sockets, REST, difference, final chain',
    counted('acknowledged', 'messages compared'),
    'nothing was sent',
  ],
  [
    'G8',
    'differences are contiguous (no epoch was raised: no acknowledged tail was ever lost)',
    counted('connections', 'connections caught up'),
    'nobody connected',
  ],
  ['G9', 'read positions never move back, unread is exact', counted('reads', 'marks'), 'nothing was read'],
  ['G10', 'deleted content is returned nowhere', counted('deletions', 'deletions acknowledged'), 'nothing was deleted'],
  [
    'G11',
    'nothing after a ban reaches its subject or is said by it',
    counted('putOut', 'times somebody was put out'),
    'nobody was put out',
  ],
  [
    'G12',
    'rights count from the next request on (membership; roles are not changed here)',
    counted('putOut', 'times in and out'),
    'nobody was put out',
  ],
  [
    'G13',
    'nothing of one tenant is seen in the other, in logs or figures',
    counted('messages', 'messages with canaries'),
    'nothing was sent',
  ],
  ['G20', 'slow and silent connections are closed, memory is bounded', any('F21', 'F23', 'F24'), 'F21, F23 and F24 were not played'],
  [
    'G21',
    'a refusal within 5 s, no hang, no lie, heals without a restart',
    any('F4', 'F5', 'F8', 'F9', 'F11', 'F27', 'F37', 'F39'),
    'the database was left alone',
  ],
  ['G23', 'wrong clocks change nothing in the log', any('F29'), 'F29 was not played'],
];

export function verdicts(evidence: Evidence): readonly Verdict[] {
  return PROMISES.map(([promise, title, tried, otherwise]) => {
    const broken = [
      ...evidence.findings
        .filter(({ kind }) => PROMISE_OF[kind] === promise)
        .map(({ kind, roomId, detail }) => `${kind} in ${roomId}: ${detail}`),
      ...evidence.violations
        .filter(({ code }) => (PROMISE_OF_FAULT[code] ?? 'G21') === promise)
        .map(({ code, text }) => `${code}: ${text}`),
      ...(promise === 'G6' ? evidence.troubles : []),
    ];
    if (broken.length > 0) return { promise, title, state: 'violated', why: `${broken.length} times, first: ${broken[0]}` };
    const why = tried(evidence);
    return why === undefined ? { promise, title, state: 'not tried', why: otherwise } : { promise, title, state: 'held', why };
  });
}
