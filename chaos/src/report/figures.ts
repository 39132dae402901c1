import type { Played } from '../campaign.ts';
import type { HistoryEvent, Of } from '../checks/history.ts';

/** Latencies in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface FaultFigures {
  readonly name: string;
  readonly title: string;
  readonly times: number;
  readonly heal: Latencies;
  readonly slowestMs: number;
  readonly ack: Latencies;
  readonly delivery: Latencies;
  readonly violations: readonly string[];
}

export interface Counts {
  readonly messages: number;
  readonly acknowledged: number;
  readonly deduplicated: number;
  /** Messages of which at some time nobody knew, and how many of those got a definite answer. */
  readonly unknown: number;
  readonly settled: number;
  readonly refused: number;
  readonly deletions: number;
  readonly reads: number;
  readonly putOut: number;
  readonly connections: number;
}

export function latencies(values: readonly number[]): Latencies {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? NaN };
}

const keyOf = ({ userId, roomId, clientMessageId }: Of<'send-inv'> | Of<'send-ok'> | Of<'send-info'> | Of<'send-fail'>): string =>
  `${userId} ${roomId} ${clientMessageId}`;

/** When a message was first asked for, by its key and, once known, by its id. */
function beginnings(history: readonly HistoryEvent[]): ReadonlyMap<string, number> {
  const begun = new Map<string, number>();
  for (const event of history) {
    if (event.kind === 'send-inv' && !begun.has(keyOf(event))) begun.set(keyOf(event), event.t);
    if (event.kind === 'send-ok') begun.set(event.messageId, begun.get(keyOf(event)) ?? event.t);
  }
  return begun;
}

/** Who could not have been told at that time: an app that was not there yet, a user who had been put out of the room. */
type WasAway = (event: Of<'apply'>, at: number) => boolean;

function awayness(history: readonly HistoryEvent[]): WasAway {
  const births = new Map<string, number>();
  const stays = new Map<string, { readonly from: number; until: number }[]>();
  for (const event of history) {
    if (event.kind === 'conn-up' && !births.has(event.client)) births.set(event.client, event.t);
    if (event.kind !== 'ban-inv' && event.kind !== 'unban-ok') continue;
    const key = `${event.userId} ${event.roomId}`;
    const outside = stays.get(key) ?? [];
    stays.set(key, outside);
    const last = outside.at(-1);
    if (event.kind === 'ban-inv') outside.push({ from: event.t, until: Infinity });
    else if (last) last.until = event.t;
  }
  return ({ client, userId, roomId }, at) =>
    (births.get(client) ?? -Infinity) > at || (stays.get(`${userId} ${roomId}`) ?? []).some(({ from, until }) => from <= at && at <= until);
}

/** Of one attempt each, for acknowledgements; from the first attempt to an app that was there to be told, for deliveries. */
export function measure(
  history: readonly HistoryEvent[],
  wasAway: WasAway = awayness(history),
): { readonly ack: Latencies; readonly delivery: Latencies } {
  const begun = beginnings(history);
  const attempts = new Map<number, number>();
  const acks: number[] = [];
  const deliveries: number[] = [];
  for (const event of history) {
    if (event.kind === 'send-inv') attempts.set(event.op, event.t);
    if (event.kind === 'send-ok') acks.push((event.t - (attempts.get(event.op) ?? event.t)) / 1e6);
    // What was asked for waited for the question.
    if (event.kind !== 'apply' || event.type !== 'message.created' || event.askedAt !== undefined) continue;
    const at = begun.get(event.messageId ?? '');
    if (at !== undefined && !wasAway(event, at)) deliveries.push((event.t - at) / 1e6);
  }
  return { ack: latencies(acks), delivery: latencies(deliveries) };
}

/** One line per fault, over all times it was played. */
export function byFault(played: readonly Played[], history: readonly HistoryEvent[]): readonly FaultFigures[] {
  const wasAway = awayness(history);
  return [...Map.groupBy(played, ({ fault }) => fault.name)].map(([name, all]) => {
    const parts = all.map(({ from, to }) => history.filter(({ t }) => t >= from && t <= to));
    const events = parts.flat();
    return {
      name,
      title: all[0]?.fault.title ?? '',
      times: all.length,
      heal: latencies(all.flatMap(({ healedMs }) => healedMs ?? [])),
      slowestMs: Math.max(...all.map(({ slowestMs }) => slowestMs)),
      ...measure(events, wasAway),
      violations: all.flatMap(({ violations }) => violations),
    };
  });
}

export function countsOf(history: readonly HistoryEvent[]): Counts {
  const count = (kind: HistoryEvent['kind']): number => history.reduce((sum, event) => (event.kind === kind ? sum + 1 : sum), 0);
  const keys = (kind: 'send-inv' | 'send-ok' | 'send-info' | 'send-fail'): Set<string> =>
    new Set(history.flatMap((event) => (event.kind === kind ? [keyOf(event)] : [])));
  const [sent, ok, unknown, refused] = [keys('send-inv'), keys('send-ok'), keys('send-info'), keys('send-fail')];
  return {
    messages: sent.size,
    acknowledged: ok.size,
    deduplicated: history.filter((event) => event.kind === 'send-ok' && event.deduplicated).length,
    unknown: unknown.size,
    settled: [...unknown].filter((key) => ok.has(key) || refused.has(key)).length,
    refused: [...refused].filter((key) => !ok.has(key)).length,
    deletions: count('delete-ok'),
    reads: count('mark-ok'),
    putOut: count('ban-ok'),
    connections: count('conn-up'),
  };
}

export const sumOf = (all: readonly Counts[]): Counts => {
  const add = (name: keyof Counts): number => all.reduce((sum, counts) => sum + counts[name], 0);
  return {
    messages: add('messages'),
    acknowledged: add('acknowledged'),
    deduplicated: add('deduplicated'),
    unknown: add('unknown'),
    settled: add('settled'),
    refused: add('refused'),
    deletions: add('deletions'),
    reads: add('reads'),
    putOut: add('putOut'),
    connections: add('connections'),
  };
};
