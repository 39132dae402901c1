import type { FindingKind } from '../findings.js';
import { chained, isMessage, type HistoryEvent, type Of, type RoomTruth, type StoredEvent } from '../history.js';
import type { Run } from './valid-run.js';

/** Plants one fault into a valid run, or undefined where the run offers no place for it. `pick` chooses the place. */
export type Plant = (run: Run, pick: number) => Run | undefined;

const LATER = 1_000_000;

const choose = <T>(from: readonly T[], pick: number): T | undefined => from[pick % Math.max(1, from.length)];
const all = <K extends HistoryEvent['kind']>(run: Run, kind: K): readonly Of<K>[] =>
  run.history.filter((event): event is Of<K> => event.kind === kind);
const withRoom = (run: Run, roomId: string, change: (events: readonly StoredEvent[]) => readonly StoredEvent[]): Run => ({
  ...run,
  truth: run.truth.map((room) => (room.roomId === roomId ? { ...room, ...readsOf(change(room.events)) } : room)),
});
const readsOf = (events: readonly StoredEvent[]): Pick<RoomTruth, 'events' | 'messages'> => ({
  events,
  messages: events.filter(isMessage),
});
const withHistory = (run: Run, change: (event: HistoryEvent) => HistoryEvent | undefined): Run => ({
  ...run,
  history: run.history.flatMap((event) => change(event) ?? []),
});
const also = (run: Run, ...events: readonly HistoryEvent[]): Run => ({ ...run, history: [...run.history, ...events] });
const roomsWithMessages = (run: Run): readonly RoomTruth[] => run.truth.filter(({ events }) => events.some(isMessage));

/** Puts another value at one position of the store. */
const rewrite =
  (change: (event: StoredEvent) => StoredEvent): Plant =>
  (run, pick) => {
    const room = choose(roomsWithMessages(run), pick);
    const target = room && choose(room.events.filter(isMessage), pick);
    return room && target && withRoom(run, room.roomId, (events) => events.map((event) => (event === target ? change(event) : event)));
  };

const append =
  (change: (last: StoredEvent) => Partial<StoredEvent>): Plant =>
  (run, pick) => {
    const room = choose(roomsWithMessages(run), pick);
    const last = room?.events.filter(isMessage).at(-1);
    return (
      room &&
      last &&
      withRoom(run, room.roomId, (events) => [...events, { ...last, pts: events.length + 1, seq: last.seq + 1, ...change(last) }])
    );
  };

/** Two neighbouring applies of one client in one room. */
function neighbours(run: Run, pick: number): readonly [Of<'apply'>, Of<'apply'>] | undefined {
  const applies = all(run, 'apply');
  const pairs = applies.flatMap((first, index) => {
    const second = applies.slice(index + 1).find(({ client, roomId }) => client === first.client && roomId === first.roomId);
    return second ? [[first, second] as const] : [];
  });
  return choose(pairs, pick);
}

export const ANOMALIES: Readonly<Record<FindingKind, Plant>> = {
  lost: (run, pick) => {
    const ok = choose(all(run, 'send-ok'), pick);
    return (
      ok &&
      withRoom(run, ok.roomId, (events) => events.map((event) => (event.pts === ok.pts ? { pts: event.pts, type: 'room.updated' } : event)))
    );
  },
  'duplicate-stored': append(() => ({ messageId: 'another-id' })),
  'retry-other-pts': (run, pick) => {
    const ok = choose(all(run, 'send-ok'), pick);
    return ok && also(run, { ...ok, t: LATER, op: LATER, pts: ok.pts + 7 });
  },
  'ack-differs': (run, pick) => {
    const ok = choose(all(run, 'send-ok'), pick);
    return (
      ok &&
      withHistory(run, (event) =>
        event.kind === 'send-ok' && event.roomId === ok.roomId && event.clientMessageId === ok.clientMessageId
          ? { ...event, messageId: 'other' }
          : event,
      )
    );
  },
  mutated: rewrite((event) => ({ ...event, bodyHash: 'changed' })),
  phantom: append(() => ({ messageId: 'phantom-id', clientMessageId: 'never-sent' })),
  'stored-though-rejected': (run, pick) => {
    const room = choose(roomsWithMessages(run), pick);
    const message = room && choose(room.events.filter(isMessage), pick);
    if (!room || !message) return undefined;
    const isIts = (event: HistoryEvent): boolean =>
      'clientMessageId' in event && event.roomId === room.roomId && event.clientMessageId === message.clientMessageId;
    const attempts = all(run, 'send-inv').filter(isIts);
    const without = withHistory(run, (event) => (isIts(event) && event.kind !== 'send-inv' ? undefined : event));
    return also(
      without,
      ...attempts.map(({ bodyHash: _, ...attempt }): HistoryEvent => ({ ...attempt, kind: 'send-fail', t: LATER, code: 'muted' })),
    );
  },
  'gap-in-store': (run, pick) => {
    const room = choose(
      run.truth.filter(({ events }) => events.length > 1),
      pick,
    );
    return room && withRoom(run, room.roomId, (events) => events.toSpliced(pick % (events.length - 1), 1));
  },
  'duplicate-pts': (run, pick) => {
    const room = choose(
      run.truth.filter(({ events }) => events.length > 1),
      pick,
    );
    return (
      room &&
      withRoom(run, room.roomId, (events) =>
        events.map((event, index) => (index === events.length - 1 ? { ...event, pts: event.pts - 1 } : event)),
      )
    );
  },
  'seq-not-dense': rewrite((event) => ({ ...event, seq: (event.seq ?? 0) + 1 })),
  'reads-differ': (run, pick) => {
    const room = choose(roomsWithMessages(run), pick);
    return (
      room && {
        ...run,
        truth: run.truth.map((one) => (one === room ? { ...one, messages: one.messages?.toSpliced(pick % one.messages.length, 1) } : one)),
      }
    );
  },
  'order-inversion': (run, pick) => {
    const ok = choose(all(run, 'send-ok'), pick);
    const room = ok && run.truth.find(({ roomId }) => roomId === ok.roomId);
    const early = room?.events.find(({ pts }) => pts === ok?.pts);
    if (!ok || !room || !early) return undefined;
    // A message sent after everything, stored at the place of an acknowledged one, which moves to the end.
    const late = { op: LATER, client: ok.client, userId: ok.userId, roomId: ok.roomId, clientMessageId: 'late' };
    const stored = { ...early, messageId: 'late-id', clientMessageId: 'late', senderId: ok.userId, bodyHash: 'late' };
    const moved = withRoom(run, room.roomId, (events) => [
      ...events.map((event) => (event === early ? stored : event)),
      { ...early, pts: events.length + 1 },
    ]);
    return also(moved, { kind: 'send-inv', t: LATER, bodyHash: 'late', ...late });
  },
  'spoke-after-ban': (run, pick) => {
    const ban = choose(all(run, 'ban-ok'), pick);
    const room = run.truth.find(({ roomId }) => roomId === ban?.roomId);
    if (!ban || !room) return undefined;
    const stored = {
      type: 'message.created',
      seq: room.events.filter(isMessage).length + 1,
      messageId: 'x',
      senderId: ban.userId,
      clientMessageId: 'x',
      bodyHash: 'x',
    };
    return withRoom(run, room.roomId, (events) => [...events, { pts: events.length + 1, ...stored }]);
  },
  'apply-gap': (run, pick) => {
    const pair = neighbours(run, pick);
    const start = pair && all(run, 'start').find(({ client, roomId }) => client === pair[0].client && roomId === pair[0].roomId);
    return pair && start && withHistory(run, (event) => (event === pair[0] ? undefined : event));
  },
  'apply-duplicate': (run, pick) => {
    const apply = choose(all(run, 'apply'), pick);
    return apply && { ...run, history: run.history.flatMap((event) => (event === apply ? [event, event] : [event])) };
  },
  'apply-reorder': (run, pick) => {
    const pair = neighbours(run, pick);
    return (
      pair &&
      withHistory(run, (event) => (event === pair[0] ? { ...pair[1], t: event.t } : event === pair[1] ? { ...pair[0], t: event.t } : event))
    );
  },
  divergent: (run, pick) => {
    const seen = choose(
      run.history.filter((event) => event.kind === 'apply' || event.kind === 'recv'),
      pick,
    );
    return seen && withHistory(run, (event) => (event === seen ? { ...seen, bodyHash: 'changed' } : event));
  },
  'final-state': (run, pick) => {
    const final = choose(all(run, 'final'), pick);
    const seen = final && { pts: final.pts, type: 'changed' };
    return (
      final &&
      seen &&
      withHistory(run, (event) =>
        event !== final ? event : pick % 2 === 0 ? { ...final, pts: final.pts - 1 } : { ...final, digest: chained(final.digest, seen) },
      )
    );
  },
  'seen-after-ban': (run, pick) => {
    const ban = choose(all(run, 'ban-ok'), pick);
    const pts = ban && (run.truth.find(({ roomId }) => roomId === ban.roomId)?.events.length ?? 0) + 1;
    if (!ban || pts === undefined) return undefined;
    const seen: HistoryEvent = {
      kind: 'recv',
      t: LATER,
      client: `c${ban.userId.slice(1)}`,
      userId: ban.userId,
      roomId: ban.roomId,
      pts,
      type: 'room.updated',
    };
    return also(
      withRoom(run, ban.roomId, (events) => [...events, { pts, type: 'room.updated' }]),
      seen,
    );
  },
};
