import { type ChatClient, createChatClient, ParleyError, type RoomHandle, type RoomNotice } from '@parley/client';
import type { Problem, Room } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Rest } from './rest.ts';
import { PLACES, type Place } from './places.ts';
import { until } from './until.ts';

describe.each(PLACES)('the SDK on $name', (place) => {
  let server: Place;
  let api: Rest;
  const open: ChatClient[] = [];

  beforeAll(async () => {
    server = await place.start();
    api = new Rest(server.url, server.firstRun.tenant.apiKey);
  });

  afterEach(() => {
    for (const client of open.splice(0)) client.close();
  });

  afterAll(() => server.dispose());

  async function connect(userId: string): Promise<ChatClient> {
    const client = createChatClient({ url: server.url, token: () => api.token(userId) });
    open.push(client);
    const { user } = await client.connect();
    expect(user.id).toBe(userId);
    return client;
  }

  async function opened(client: ChatClient, roomId: string): Promise<RoomHandle> {
    const room = client.room(roomId);
    await room.loaded();
    return room;
  }

  const texts = (room: RoomHandle): readonly (string | undefined)[] => room.state.messages.map(({ text }) => text);
  const unreadOf = (client: ChatClient, roomId: string): number | undefined =>
    client.rooms.getSnapshot().rooms.find(({ id }) => id === roomId)?.me?.unread;

  it('shows a message at once, then committed, to both; unread and receipts follow', async () => {
    const [ann, bo] = [await connect('ann'), await connect('bo')];
    const room = await ann.rooms.create({ id: 'sdk', kind: 'group', name: 'SDK', members: ['bo'] });
    expect(room).toMatchObject({ id: 'sdk', me: { role: 'owner' } });
    await bo.rooms.loadMore();
    const [mine, theirs] = [await opened(ann, 'sdk'), await opened(bo, 'sdk')];

    const sending = mine.send({ text: 'optimistic' });
    expect(mine.state.pending).toMatchObject([{ roomId: 'sdk', draft: { text: 'optimistic' } }]);
    const message = await sending;
    expect(message).toMatchObject({ seq: 1, text: 'optimistic', sender: { id: 'ann' } });
    expect(mine.state.pending).toEqual([]);
    expect(mine.state.messages).toMatchObject([{ id: message.id }]);

    await until('bo has it', () => theirs.state.messages.length === 1);
    expect(theirs.state.messages[0]).toMatchObject({ id: message.id, seq: 1, text: 'optimistic' });
    expect(theirs.state.room?.me?.unread).toBe(1);
    expect(unreadOf(bo, 'sdk')).toBe(1);

    theirs.markRead();
    expect(theirs.state.room?.me?.unread).toBe(0);
    await until('ann sees that bo read it', () => mine.state.members.get('bo')?.readSeq === 1);
    expect(mine.state.members.get('bo')?.deliveredSeq).toBe(1);
    expect(unreadOf(bo, 'sdk')).toBe(0);
    const told = await api.as('bo').must<{ readonly room: Room }>('GET', '/v1/rooms/sdk');
    expect(told.room.me).toMatchObject({ readSeq: 1, unread: 0 });
  });

  it('keeps the order of what was said in one breath, and deletes for everybody', async () => {
    const [ann, bo] = [await connect('ann'), await connect('bo')];
    await ann.rooms.create({ id: 'breath', kind: 'group', members: ['bo'] });
    const [mine, theirs] = [await opened(ann, 'breath'), await opened(bo, 'breath')];
    const said = Array.from({ length: 10 }, (_, index) => `w${index}`);
    const messages = await Promise.all(said.map((text) => mine.send({ text })));
    expect(messages.map(({ seq }) => seq)).toEqual(said.map((_, index) => index + 1));
    await until('bo has all', () => theirs.state.messages.length === said.length);
    expect([texts(mine), texts(theirs)]).toEqual([said, said]);

    await mine.delete(messages[3]?.id ?? '', 'typo');
    await until('gone at bo’s', () => theirs.state.messages[3]?.deleted !== undefined);
    expect(theirs.state.messages[3]).toMatchObject({ seq: 4, deleted: { by: 'ann', reason: 'typo' } });
    expect(theirs.state.messages[3]?.text).toBeUndefined();
  });

  it('learns of new rooms, of a direct room at its first message, and of the end of a stay', async () => {
    const [ann, cy] = [await connect('ann'), await connect('cy')];
    const notices: RoomNotice[] = [];
    cy.on('room', (notice) => notices.push(notice));
    const entered = (roomId: string): boolean => notices.some((notice) => notice.type === 'entered' && notice.roomId === roomId);
    const direct = await ann.rooms.direct('cy');
    expect(direct).toMatchObject({ kind: 'direct', peer: { id: 'cy' } });
    await ann.room(direct.id).send({ text: 'psst' });
    await until('cy has the room', () => entered(direct.id));
    const theirs = await opened(cy, direct.id);
    expect(texts(theirs)).toEqual(['psst']);

    await ann.rooms.create({ id: 'stay', kind: 'group', members: ['cy'] });
    await until('cy was added', () => entered('stay'));
    const [mine, staying] = [await opened(ann, 'stay'), await opened(cy, 'stay')];
    await ann.rooms.removeMember('stay', 'cy');
    await until('cy is out', () => staying.state.status === 'left');
    expect(notices).toContainEqual({ type: 'exited', roomId: 'stay' });
    await until('ann sees it', () => !mine.state.members.has('cy'));
    await expect(staying.send({ text: 'still here?' })).rejects.toMatchObject({ code: 'not-a-member' });
    expect(staying.state.pending).toMatchObject([{ status: 'failed', problem: { code: 'not-a-member' } }]);
  });

  it('a room ban is refused with its reason; a tenant ban ends the client for good', async () => {
    const [ann, eve] = [await connect('ann'), await connect('eve')];
    await ann.rooms.create({ id: 'court', kind: 'group', members: ['eve'] });
    const [mine, theirs] = [await opened(ann, 'court'), await opened(eve, 'court')];
    await ann.rooms.ban('court', 'eve', { reason: 'shouting', expiresInSeconds: 600 });
    await until('eve is out', () => theirs.state.status === 'left');
    const refusal = await theirs.send({ text: 'why?' }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ParleyError);
    expect(refusal).toMatchObject({ problem: { code: 'banned', scope: 'room', reason: 'shouting' } });
    await ann.rooms.unban('court', 'eve');
    await ann.rooms.addMembers('court', ['eve']);
    await until('eve is back', () => theirs.state.status === 'ready');
    await theirs.send({ text: 'sorry' });
    await until('ann hears it', () => texts(mine).includes('sorry'));

    const endings: Problem[] = [];
    eve.on('ended', (problem) => endings.push(problem));
    await api.must('POST', '/v1/bans', { userId: 'eve', reason: 'abuse' });
    await until('the client ended', () => endings.length > 0);
    expect(endings).toMatchObject([{ code: 'banned', reason: 'abuse' }]);
    expect(eve.state).toBe('ended');
    await api.must('DELETE', '/v1/bans/eve');
    await expect(eve.connect()).resolves.toMatchObject({ user: { id: 'eve' } });
  });

  it('a second device of a user is told what the first one did', async () => {
    const [one, other] = [await connect('dora'), await connect('dora')];
    await one.rooms.create({ id: 'devices', kind: 'group', members: ['bo'] });
    await until('the other device knows the room', () => other.rooms.getSnapshot().rooms.some(({ id }) => id === 'devices'));
    const [here, there] = [await opened(one, 'devices'), await opened(other, 'devices')];
    await api.as('bo').must('POST', '/v1/rooms/devices/messages', { clientMessageId: 'd1', text: 'for dora' });
    await until('both have it', () => texts(here).length === 1 && texts(there).length === 1);
    here.markRead();
    await until('read on the other one too', () => there.state.room?.me?.unread === 0);
  });

  it('carries on where an earlier client stood', async () => {
    const first = await connect('ann');
    await first.rooms.create({ id: 'later', kind: 'group', members: ['bo'] });
    const room = await opened(first, 'later');
    await room.send({ text: 'seen' });
    await until('the echo was taken in', () => room.state.pts >= (room.state.messages.at(-1)?.pts ?? Infinity));
    const resume = first.positions();
    first.close();
    for (let index = 1; index <= 3; index += 1)
      await api.as('bo').must('POST', '/v1/rooms/later/messages', { clientMessageId: `l${index}`, text: `missed ${index}` });
    const second = createChatClient({ url: server.url, token: () => api.token('ann'), resume });
    open.push(second);
    const heard: (string | undefined)[] = [];
    second.on('message', (message) => message.roomId === 'later' && heard.push(message.text));
    await second.connect();
    await until('all that was missed is told', () => heard.length >= 3);
    expect(heard).toEqual(['missed 1', 'missed 2', 'missed 3']);
  });
});
