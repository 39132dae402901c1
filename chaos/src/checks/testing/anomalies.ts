import type { FindingKind } from '../findings.ts';
import { chained, isMessage, type HistoryEvent, type Of, type RoomTruth, type StoredEvent } from '../history.ts';
import type { Run } from './valid-run.ts';

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
  'content-after-delete': (run, pick) => {
    const room = choose(roomsWithMessages(run), pick);
    const message = room && choose(room.events.filter(isMessage), pick);
    if (!room || !message) return undefined;
    const { messageId, pts } = message;
    const at = { client: 'c0', userId: 'u0', roomId: room.roomId };
    const content = { messageId, bodyHash: 'body' };
    const taken: readonly HistoryEvent[] = [
      { t: LATER, kind: 'delete-inv', ...at, ...content },
      { t: LATER + 1, kind: 'delete-ok', ...at, ...content },
    ];
    const shown: readonly HistoryEvent[] = [
      { t: LATER + 3, kind: 'read', ...at, ...content, askedAt: LATER + 2 },
      { t: LATER + 3, kind: 'recv', ...at, pts, type: 'message.created', ...content, askedAt: LATER + 2 },
      { t: LATER + 3, kind: 'recv', ...at, pts: 1, type: 'message.created', messageId: 'reply', quoted: content, askedAt: LATER + 2 },
    ];
    const how = shown[pick % 4];
    if (how) return also(run, ...taken, how);
    return also(
      withRoom(run, room.roomId, (events) => events.map((event) => (event === message ? { ...message, bodyHash: 'body' } : event))),
      ...taken,
    );
  },
  'read-went-back': (run, pick) => {
    const room = choose(
      run.truth.filter(({ readers = [] }) => readers.length > 0),
      pick,
    );
    const reader = choose(room?.readers ?? [], pick);
    if (!room || !reader) return undefined;
    const at = { client: 'c', userId: reader.userId, roomId: room.roomId };
    // Answered with less later, or standing lower at the end.
    const ahead: HistoryEvent = { t: LATER + 1, kind: 'mark-ok', ...at, askedAt: LATER, readSeq: reader.readSeq + 1 };
    const behind: HistoryEvent = { t: LATER + 3, kind: 'mark-ok', ...at, askedAt: LATER + 2, readSeq: reader.readSeq };
    return pick % 2 === 0 ? also(run, ahead) : also(run, ahead, behind);
  },
  'unread-differs': (run, pick) => {
    const room = choose(
      run.truth.filter(({ readers = [] }) => readers.length > 0),
      pick,
    );
    const wrong = (readers: RoomTruth['readers'] = []): RoomTruth['readers'] =>
      readers.map((reader, index) => (index === pick % readers.length ? { ...reader, unread: reader.unread + 1 } : reader));
    return room && { ...run, truth: run.truth.map((one) => (one === room ? { ...one, readers: wrong(one.readers) } : one)) };
  },
  'wrongly-refused': (run, pick) => {
    const isOut = (userId: string, roomId: string): boolean =>
      run.history.some((event) => event.kind === 'ban-inv' && event.userId === userId && event.roomId === roomId);
    const sent = choose(
      all(run, 'send-inv').filter(({ userId, roomId }) => !isOut(userId, roomId)),
      pick,
    );
    if (!sent) return undefined;
    const { client, userId, roomId } = sent;
    const attempt = { op: LATER, client, userId, roomId, clientMessageId: 'refused' };
    return also(
      run,
      { t: LATER, kind: 'send-inv', ...attempt, bodyHash: 'x' },
      { t: LATER + 1, kind: 'send-fail', ...attempt, code: 'not-a-member' },
    );
  },
  'foreign-content': (run) => also(run, { t: LATER, kind: 'foreign', where: 'a packet', canary: 'CANARY-a-b' }),
  leak: (run, pick) => {
    const at = (minute: number, more: object): HistoryEvent => {
      const sample = { life: 2, rssMiB: 200, files: 50, backends: 10, servers: 1, phase: 'idle' } as const;
      return { t: LATER + minute * 60e9, kind: 'sample', ...sample, ...more };
    };
    const ways = [[at(0, {}), at(1, { files: 200 })], [at(0, {}), at(1, { backends: 60 })], [at(0, { rssMiB: 1_500 })]];
    const growing = Array.from({ length: 10 }, (_, minute) => at(minute, { rssMiB: 200 + 30 * minute, phase: 'load' }));
    return also(run, ...(ways[pick % 4] ?? growing));
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
