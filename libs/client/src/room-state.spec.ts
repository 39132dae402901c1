import type { RoomEnvelope } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import {
  applyEvent,
  applyProfile,
  applyReceipts,
  applySent,
  emptyRoomState,
  type RoomState,
  snapshotState,
  unreadOf,
  withinWindow,
} from './room-state.js';
import { FakeRoom } from './testing/fake-room.js';

function aRoom(): FakeRoom {
  const room = new FakeRoom('crew');
  for (const userId of ['ann', 'bo']) room.join(userId);
  return room;
}

const fold = (events: readonly RoomEnvelope[], start = emptyRoomState('crew', 'ann')): RoomState =>
  events.reduce((state, event) => applyEvent(state, event).state, start);

function snapshotOf(room: FakeRoom, me = 'ann'): RoomState {
  const { messages, members } = room.contents();
  return snapshotState({ me, room: room.view(me), messages, hasMoreBefore: false, members: [...members.values()], hasAllMembers: true });
}

/** The envelope of a later server: a type nobody here knows. */
const unknown = (room: FakeRoom): RoomEnvelope =>
  ({ ...room.rename('x'), type: 'poll.opened', data: undefined }) as unknown as RoomEnvelope;

describe('positions', () => {
  it('applies what comes next, ignores what came, refuses what is ahead', () => {
    const room = aRoom();
    const state = snapshotOf(room);
    const first = room.rename('one');
    const second = room.rename('two');
    expect(applyEvent(state, second)).toEqual({ state, outcome: 'gap' });
    const applied = applyEvent(state, first);
    expect(applied.outcome).toBe('applied');
    expect(applyEvent(applied.state, first)).toEqual({ state: applied.state, outcome: 'duplicate' });
  });

  it('advances over hidden events and types of a newer server, changing nothing else', () => {
    const room = aRoom();
    const state = snapshotOf(room);
    const hidden: RoomEnvelope = { ...room.rename('x'), type: 'event.hidden', data: {} };
    const next = fold([hidden, unknown(room)], state);
    expect(next).toEqual({ ...state, pts: state.pts + 2, room: { ...state.room, pts: state.pts + 2 } });
  });
});

describe('fold of events = fetched state', () => {
  it('from the first event on', () => {
    const room = aRoom();
    const hello = room.say('bo', { clientMessageId: '1', text: 'hello' });
    room.say('ann', { clientMessageId: '2', text: 'hi', replyTo: hello.id });
    room.delete(1);
    room.setName('bo', 'Bobby');
    room.rename('The crew');
    room.join('cy');
    room.remove('bo');
    room.ban('stranger');
    const folded = fold(room.log);
    const fetched = snapshotOf(room);
    expect(folded.messages).toEqual(fetched.messages);
    expect(folded.members).toEqual(fetched.members);
    expect(folded.room).toMatchObject({ name: 'The crew', memberCount: 2, lastSeq: 2, pts: room.pts });
    expect(folded.room?.me).toMatchObject({ readSeq: 2, unread: 0 });
  });

  it('also where the pages were read later than the room', () => {
    const room = aRoom();
    const early = room.view('ann');
    const from = room.pts;
    room.say('bo', { clientMessageId: '1', text: 'one' });
    room.delete(1);
    room.join('cy');
    room.remove('cy');
    const { messages, members } = room.contents();
    const late = snapshotState({
      me: 'ann',
      room: early,
      messages,
      hasMoreBefore: false,
      members: [...members.values()],
      hasAllMembers: true,
    });
    const folded = fold(room.log.slice(from), late);
    expect(folded.messages[0]?.text).toBeUndefined();
    expect([...folded.members.keys()]).toEqual(['ann', 'bo']);
    expect(folded.room?.memberCount).toBe(2);
  });
});

describe('members', () => {
  it('counts by arithmetic where a server does not tell, and a banned stranger takes nobody away', () => {
    const room = aRoom();
    const state = snapshotOf(room);
    const silent = (event: RoomEnvelope) => ({ ...event, data: { ...event.data, memberCount: undefined } }) as unknown as RoomEnvelope;
    const afterStranger = fold([silent(room.ban('stranger'))], state);
    expect(afterStranger.room?.memberCount).toBe(2);
    expect(fold([silent(room.ban('bo'))], afterStranger).room?.memberCount).toBe(1);
  });

  it('says when the viewer is out, and in again', () => {
    const room = aRoom();
    const inside = snapshotOf(room);
    const out = fold([room.remove('ann')], inside);
    expect([out.status, out.room?.me]).toEqual(['left', undefined]);
    const back = fold([room.join('ann')], out);
    expect([back.status, back.room?.me?.role]).toEqual(['ready', 'member']);
  });

  it('keeps those who join out of a list that is loaded in part, but not those who change', () => {
    const room = aRoom();
    const part: RoomState = { ...snapshotOf(room), members: new Map(), hasAllMembers: false };
    const next = fold([room.join('cy'), room.setName('bo', 'Bobby')], part);
    expect([...next.members.keys()]).toEqual(['bo']);
  });
});

describe('receipts and unread', () => {
  it('merges cursors by maximum, for oneself in the unread count too', () => {
    const room = aRoom();
    for (const id of ['1', '2', '3']) room.say('bo', { clientMessageId: id, text: id });
    const state = snapshotOf(room);
    expect(unreadOf(state)).toBe(3);
    const read = applyReceipts(state, [{ userId: 'ann', readSeq: 2, deliveredSeq: 2 }]);
    expect(unreadOf(read)).toBe(1);
    expect(applyReceipts(read, [{ userId: 'ann', readSeq: 1, deliveredSeq: 0 }])).toBe(read);
    expect(read.members.get('ann')).toMatchObject({ readSeq: 2, deliveredSeq: 2 });
  });

  it('counts mentions of the viewer and of everyone while they are unread', () => {
    const room = aRoom();
    const state = snapshotOf(room);
    room.say('bo', { clientMessageId: '1', text: '@ann' });
    const [event] = room.log.slice(-1);
    const mentioning = { ...event, data: { message: { ...room.contents().messages[0], mentions: ['@all'] } } } as RoomEnvelope;
    const next = fold([mentioning], state);
    expect(next.room?.me?.unreadMentions).toBe(1);
    expect(applyReceipts(next, [{ userId: 'ann', readSeq: 1, deliveredSeq: 1 }]).room?.me?.unreadMentions).toBe(0);
  });
});

describe('own messages', () => {
  it('shows a committed one before its event, and the echo does not touch it', () => {
    const room = aRoom();
    const entry = { clientMessageId: 'c', roomId: 'crew', order: 1, draft: { text: 'hi' }, status: 'sending', attempts: 1 } as const;
    const state: RoomState = { ...snapshotOf(room), pending: [entry] };
    const message = room.say('ann', { clientMessageId: 'c', text: 'hi' });
    const acked = applySent(state, message);
    expect([acked.pending, acked.messages]).toEqual([[], [message]]);
    const echoed = fold(room.log.slice(-1), acked);
    expect(echoed.messages[0]).toBe(message);
  });

  it('takes the echo for the answer that was lost', () => {
    const room = aRoom();
    const entry = { clientMessageId: 'c', roomId: 'crew', order: 1, draft: { text: 'hi' }, status: 'sending', attempts: 1 } as const;
    const state: RoomState = { ...snapshotOf(room), pending: [entry] };
    room.say('ann', { clientMessageId: 'c', text: 'hi' });
    expect(fold(room.log.slice(-1), state).pending).toEqual([]);
  });

  it('does not let a late answer, nor a late quote, bring back what was deleted', () => {
    const room = aRoom();
    const said = room.say('ann', { clientMessageId: 'c', text: 'secret' });
    const reply = room.say('bo', { clientMessageId: 'd', text: 'what?', replyTo: said.id });
    const tombstone = room.delete(1);
    const state = snapshotOf(room);
    expect(applySent(state, said).messages[0]).toEqual(tombstone);
    const without: RoomState = { ...state, messages: state.messages.slice(0, 1) };
    expect(applySent(without, reply).messages[1]?.replyTo).toEqual({ messageId: said.id, seq: 1, sender: said.sender, deleted: true });
  });
});

it('shows a new name everywhere, also in what was said before', () => {
  const room = aRoom();
  const said = room.say('bo', { clientMessageId: '1', text: 'one' });
  room.say('ann', { clientMessageId: '2', text: 'two', replyTo: said.id });
  const state = applyProfile(snapshotOf(room), { id: 'bo', name: 'Robert' });
  expect([state.messages[0]?.sender.name, state.messages[1]?.replyTo?.sender.name, state.members.get('bo')?.user.name]).toEqual([
    'Robert',
    'Robert',
    'Robert',
  ]);
});

it('lets go of the oldest messages beyond the window, and says that there are more', () => {
  const room = aRoom();
  for (let seq = 1; seq <= 12; seq += 1) room.say('bo', { clientMessageId: String(seq), text: String(seq) });
  const state = withinWindow(snapshotOf(room), 10);
  expect([state.messages.length, state.messages[0]?.seq, state.hasMoreBefore]).toEqual([10, 3, true]);
});
