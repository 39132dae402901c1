import { aboutMessage, type Findings } from './findings.ts';
import { DELETED, isMessage, type HistoryEvent, type Of, type RoomTruth, type StoredMessage } from './history.ts';

/** Everything known of one message: (room, user, clientMessageId). */
interface Story {
  readonly roomId: string;
  readonly userId: string;
  readonly clientMessageId: string;
  readonly invocations: Of<'send-inv'>[];
  readonly oks: Of<'send-ok'>[];
  readonly stored: StoredMessage[];
  /** Somebody asked for it to be taken back. */
  isTakenBack: boolean;
  /** Attempts that were refused for certain. */
  readonly failed: Set<number>;
}

type IsDoubled = (from: number, to: number) => boolean;

/** What was answered against what is stored. */
export function checkSends(history: readonly HistoryEvent[], room: RoomTruth, findings: Findings, isDoubled: IsDoubled): void {
  const stories = [...storiesOf(history, room, isDoubled).values()];
  for (const story of stories) {
    checkStory(story, findings);
    if (story.oks.length > 0) checkAcks(story, findings);
  }
  checkRealTimeOrder(stories, findings);
}

function storiesOf(history: readonly HistoryEvent[], room: RoomTruth, isDoubled: IsDoubled): ReadonlyMap<string, Story> {
  const stories = new Map<string, Story>();
  const storyOf = (userId: string, clientMessageId: string): Story => {
    const key = JSON.stringify([userId, clientMessageId]);
    const story = stories.get(key) ?? {
      roomId: room.roomId,
      userId,
      clientMessageId,
      invocations: [],
      oks: [],
      stored: [],
      failed: new Set<number>(),
      isTakenBack: false,
    };
    stories.set(key, story);
    return story;
  };
  const wasDoubled = (begunAt: number | undefined, refusedAt: number): boolean => begunAt !== undefined && isDoubled(begunAt, refusedAt);
  const onLine = new Map<number, number>();
  for (const event of history) {
    if (!('clientMessageId' in event) || event.roomId !== room.roomId) continue;
    const story = storyOf(event.userId, event.clientMessageId);
    if (event.kind === 'send-inv') {
      story.invocations.push(event);
      if (event.isOnLine) onLine.set(event.op, event.t);
    }
    if (event.kind === 'send-ok') story.oks.push(event);
    // The refusal of one copy says nothing of the other, which may come after the sender was let in.
    if (event.kind === 'send-fail' && !wasDoubled(onLine.get(event.op), event.t)) story.failed.add(event.op);
  }
  const takenBack = new Set(history.flatMap((event) => (event.kind === 'delete-inv' ? [event.messageId] : [])));
  for (const message of room.events.filter(isMessage)) {
    const story = storyOf(message.senderId, message.clientMessageId);
    story.stored.push(message);
    story.isTakenBack ||= takenBack.has(message.messageId);
  }
  return stories;
}

/** Was the line delivering everything twice at some time between these two (F30)? */
export function doubledTimes(history: readonly HistoryEvent[]): IsDoubled {
  const times: { readonly from: number; to: number }[] = [];
  for (const event of history) {
    if (event.kind !== 'fault' || event.name !== 'F30') continue;
    const last = times.at(-1);
    if (event.phase === 'begin') times.push({ from: event.t, to: Infinity });
    else if (event.phase === 'over' && last) last.to = event.t;
  }
  return (from, to) => times.some((time) => from < time.to && to > time.from);
}

function checkStory(story: Story, findings: Findings): void {
  const { roomId, userId, clientMessageId, invocations, oks, stored, failed, isTakenBack } = story;
  const [first, second] = stored;
  const add = (kind: 'lost' | 'duplicate-stored' | 'phantom' | 'mutated' | 'stored-though-rejected', detail: string): void =>
    findings.add(kind, roomId, `${clientMessageId} of ${userId}: ${detail}`, aboutMessage(roomId, userId, clientMessageId, first?.pts));
  if (!first) {
    if (oks.length > 0) add('lost', `acknowledged at pts ${oks[0]?.pts}, not stored`);
    return;
  }
  if (second) add('duplicate-stored', `stored at pts ${stored.map(({ pts }) => pts).join(', ')}`);
  if (invocations.length === 0) return add('phantom', `stored at pts ${first.pts}, never sent`);
  for (const { bodyHash, pts } of stored) {
    if (bodyHash === DELETED && isTakenBack) continue;
    if (!invocations.some((invocation) => invocation.bodyHash === bodyHash)) add('mutated', `the body at pts ${pts} was never sent`);
  }
  if (invocations.every(({ op }) => failed.has(op)))
    add('stored-though-rejected', `every attempt was refused, yet it is stored at pts ${first.pts}`);
}

function checkAcks({ roomId, userId, clientMessageId, oks, stored }: Story, findings: Findings): void {
  const places = new Set(oks.map(({ pts, messageId }) => `${pts} ${messageId}`));
  const concerns = aboutMessage(roomId, userId, clientMessageId);
  if (places.size > 1)
    findings.add('retry-other-pts', roomId, `${clientMessageId} of ${userId}: acknowledged as ${[...places].join(' and as ')}`, concerns);
  const [first] = stored;
  if (!first) return;
  const isKnown = (ok: Of<'send-ok'>): boolean =>
    stored.some(({ pts, messageId, seq }) => pts === ok.pts && messageId === ok.messageId && seq === ok.seq);
  const wrong = oks.find((ok) => !isKnown(ok));
  if (wrong)
    findings.add(
      'ack-differs',
      roomId,
      `${clientMessageId} of ${userId}: acknowledged at pts ${wrong.pts}, stored at pts ${first.pts}`,
      concerns,
    );
}

/** Ack(A) before the first attempt of B means pts(A) < pts(B). By invocation time, with the highest position completed so far. */
function checkRealTimeOrder(stories: readonly Story[], findings: Findings): void {
  const placed = stories.flatMap(({ roomId, userId, clientMessageId, invocations, oks, stored }) => {
    const [invocation] = invocations;
    const [message] = stored;
    return invocation && message
      ? [{ roomId, userId, clientMessageId, from: invocation.t, acked: oks[0]?.t ?? Infinity, pts: message.pts }]
      : [];
  });
  const byStart = placed.toSorted((a, b) => a.from - b.from);
  const byAck = placed.filter(({ acked }) => acked !== Infinity).toSorted((a, b) => a.acked - b.acked);
  let done = 0;
  let highest: (typeof placed)[number] | undefined;
  for (const message of byStart) {
    for (let next = byAck[done]; next && next.acked < message.from; next = byAck[done]) {
      if (!highest || next.pts > highest.pts) highest = next;
      done += 1;
    }
    if (!highest || highest.pts < message.pts || highest === message) continue;
    const [before, after] = [
      aboutMessage(highest.roomId, highest.userId, highest.clientMessageId),
      aboutMessage(message.roomId, message.userId, message.clientMessageId),
    ];
    const detail = `${highest.clientMessageId} (pts ${highest.pts}) was acknowledged before ${message.clientMessageId} (pts ${message.pts}) was sent`;
    findings.add('order-inversion', message.roomId, detail, (event) => before(event) || after(event));
  }
}
