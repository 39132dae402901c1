import { createHmac } from 'node:crypto';
import type { Message, Room } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Ack, PlainUser } from './plain.ts';
import { Rest } from './rest.ts';
import { PLACES, type Place } from './places.ts';
import { until } from './until.ts';

describe.each(PLACES)('chat with plain clients on $name', (place) => {
  let server: Place;
  let api: Rest;
  const open: PlainUser[] = [];

  beforeAll(async () => {
    server = await place.start();
    api = new Rest(server.url, server.firstRun.tenant.apiKey);
  });

  afterEach(() => {
    for (const user of open.splice(0)) user.close();
  });

  afterAll(() => server.dispose());

  async function connect(userId: string, more: { readonly transports?: string[] } = {}): Promise<PlainUser> {
    const user = await PlainUser.connect(server.url, await api.token(userId), more);
    open.push(user);
    return user;
  }

  async function group(id: string, members: readonly string[], more: object = {}): Promise<Room> {
    return (await api.must<{ readonly room: Room }>('POST', '/v1/rooms', { id, kind: 'group', name: id, members, ...more })).room;
  }

  const roomIds = async (userId: string): Promise<readonly string[]> =>
    (await api.as(userId).must<{ readonly items: readonly Room[] }>('GET', '/v1/rooms')).items.map((room) => room.id);

  it('one user sends, the other receives, with nothing but a token', async () => {
    const [ann, bo] = [await connect('ann'), await connect('bo')];
    expect(ann.ready).toMatchObject({ user: { id: 'ann', name: 'Ann' }, features: expect.any(Array) });
    expect(ann.ready?.rooms).toContainEqual(expect.objectContaining({ roomId: 'lobby', complete: true }));
    const ack: Ack<{ readonly message: Message }> = await ann.command('message.send', {
      roomId: 'lobby',
      clientMessageId: 'plain-1',
      text: 'Hi!',
    });
    expect(ack).toMatchObject({
      ok: true,
      deduplicated: false,
      message: { roomId: 'lobby', text: 'Hi!', clientMessageId: 'plain-1', sender: { id: 'ann', name: 'Ann' } },
    });
    if (!ack.ok) return;
    expect(ack.message.seq).toBeGreaterThan(0);
    expect(ack.message.pts).toBeGreaterThan(0);
    for (const user of [ann, bo]) {
      const event = await user.seen('the message', ({ type }) => type === 'message.created');
      expect(event).toMatchObject({
        roomId: 'lobby',
        seq: ack.message.seq,
        pts: ack.message.pts,
        data: { message: { id: ack.message.id } },
      });
    }
    await expect(ann.command('message.send', { roomId: 'lobby', clientMessageId: 'plain-1', text: 'Hi!' })).resolves.toMatchObject({
      ok: true,
      deduplicated: true,
      message: { id: ack.message.id, seq: ack.message.seq },
    });
    await expect(ann.command('message.send', { roomId: 'lobby', clientMessageId: 'plain-1', text: 'else' })).resolves.toMatchObject({
      ok: false,
      error: { code: 'idempotency-conflict', status: 409 },
    });
    expect(bo.texts('lobby')).toEqual(['Hi!']);
  });

  it('the same over REST, acting as a user and with the user’s own token', async () => {
    await group('rest', ['ann', 'bo']);
    const bo = await connect('bo');
    const draft = { clientMessageId: 'rest-1', text: 'Hello from curl' };
    const sent = await api.as('ann').ask<{ readonly message: Message }>('POST', '/v1/rooms/rest/messages', draft);
    expect(sent).toMatchObject({ status: 201, body: { deduplicated: false, message: { seq: 1, sender: { id: 'ann' } } } });
    await until('it arrives', () => bo.texts('rest').includes('Hello from curl'));
    const again = await api.as('ann').ask<{ readonly message: Message }>('POST', '/v1/rooms/rest/messages', draft);
    expect(again.body).toMatchObject({ deduplicated: true, message: { id: sent.body.message.id } });

    const own = new Rest(server.url, await api.token('bo'));
    await own.must('POST', '/v1/rooms/rest/messages', { clientMessageId: 'rest-2', text: 'And back' });
    const page = await own.must<{ readonly items: readonly Message[] }>('GET', '/v1/rooms/rest/messages');
    expect(page).toMatchObject({ hasMoreBefore: false, hasMoreAfter: false });
    expect(page.items.map(({ seq, text }) => [seq, text])).toEqual([
      [1, 'Hello from curl'],
      [2, 'And back'],
    ]);
    await expect(own.ask('GET', '/v1/me')).resolves.toMatchObject({ status: 200, body: { user: { id: 'bo' } } });
  });

  it('a token signed by the app itself works like a minted one', async () => {
    const { signingKeyId, signingSecret } = server.firstRun.tenant;
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'signed-user', name: 'Signed', exp: Math.floor(Date.now() / 1000) + 600 };
    const unsigned = `${part({ alg: 'HS256', typ: 'JWT', kid: signingKeyId })}.${part(claims)}`;
    const signature = createHmac('sha256', signingSecret).update(unsigned).digest('base64url');
    const user = await PlainUser.connect(server.url, `${unsigned}.${signature}`);
    open.push(user);
    expect(user.ready?.user).toMatchObject({ id: 'signed-user', name: 'Signed' });
  });

  it('a client that can only poll does everything', async () => {
    await group('polled', ['ann', 'bo']);
    const [ann, bo] = [await connect('ann', { transports: ['polling'] }), await connect('bo', { transports: ['polling'] })];
    expect(ann.socket.io.engine.transport.name).toBe('polling');
    for (let index = 1; index <= 5; index += 1) await ann.say('polled', `p${index}`);
    await until('all five arrive', () => bo.texts('polled').length === 5);
    expect(bo.texts('polled')).toEqual(['p1', 'p2', 'p3', 'p4', 'p5']);
    await expect(bo.command('receipt.mark', { roomId: 'polled', kind: 'read', seq: 5 })).resolves.toMatchObject({ readSeq: 5, unread: 0 });
    await ann.seen('the receipt', ({ type, data }) => String(type) === 'message.read' && 'userId' in data && data.userId === 'bo');
  });

  it('a channel with public reading is followed without joining, and only read', async () => {
    await api.must('POST', '/v1/rooms', {
      id: 'news',
      kind: 'channel',
      name: 'News',
      members: ['ann'],
      settings: { publicRead: true, joinPolicy: 'open' },
    });
    const [ann, guest] = [await connect('ann'), await connect('guest-1')];
    expect(guest.ready?.rooms).toEqual([]);
    await ann.say('news', 'before');
    const ack = await guest.command<{ readonly pts: number }>('room.subscribe', { roomId: 'news' });
    expect(ack).toMatchObject({ ok: true });
    await ann.say('news', 'after');
    await until('the news arrives', () => guest.texts('news').includes('after'));
    expect(guest.texts('news')).toEqual(['after']);
    expect(await guest.codeOfSaying('news', 'me too')).toBe('not-a-member');
    await guest.command('room.unsubscribe', { roomId: 'news' });
    const last = await ann.say('news', 'unheard');
    await ann.echo(last);
    expect(guest.texts('news')).toEqual(['after']);
    await expect(guest.command('room.join', { roomId: 'news' })).resolves.toMatchObject({ ok: true, member: { userId: 'guest-1' } });
    await ann.say('news', 'welcome');
    await until('a member hears it', () => guest.texts('news').includes('welcome'));
    const reader = await connect('guest-2');
    await reader.command('room.subscribe', { roomId: 'news' });
    await ann.say('news', 'for all');
    await until('the reader hears it', () => reader.texts('news').includes('for all'));
    await api.must('PATCH', '/v1/rooms/news', { settings: { publicRead: false } });
    await ann.say('news', 'for members');
    await until('the member hears it', () => guest.texts('news').includes('for members'));
    expect(reader.texts('news')).toEqual(['for all']);
  });

  it('a direct room is listed for the peer from its first message on', async () => {
    const [cy, di] = [await connect('cy'), await connect('di')];
    const { room } = await api.as('cy').must<{ readonly room: Room }>('PUT', '/v1/rooms/direct/di');
    expect(room).toMatchObject({ kind: 'direct', peer: { id: 'di' } });
    expect((await api.as('di').must<{ readonly room: Room }>('PUT', '/v1/rooms/direct/cy')).room.id).toBe(room.id);
    const { room: quiet } = await api.as('cy').must<{ readonly room: Room }>('PUT', '/v1/rooms/direct/ann');
    expect(await roomIds('ann')).not.toContain(quiet.id);
    const ann = await connect('ann');
    await cy.say(quiet.id, 'psst');
    await ann.seen('the room', ({ type, data }) => type === 'room.entered' && 'room' in data && data.room.id === quiet.id);
    await until('the first message', () => ann.texts(quiet.id).includes('psst') || ann.events.some((event) => holds(event, 'psst')));
    expect(await roomIds('ann')).toContain(quiet.id);
    await di.say(room.id, 'hello cy');
    await until('cy reads it', () => cy.texts(room.id).includes('hello cy'));
  });

  it('leaving, removal and bans are seen live and hold at once', async () => {
    await group('moves', ['ann', 'leaver', 'removed', 'banned']);
    const ann = await connect('ann');
    const goes = async (userId: string, type: string, act: () => Promise<unknown>, code: string): Promise<void> => {
      const user = await connect(userId);
      await act();
      await ann.seen(
        `${type} of ${userId}`,
        (event) => event.type === type && 'member' in event.data && event.data.member.userId === userId,
      );
      await user.seen('room.exited', (event) => event.type === 'room.exited');
      expect(await user.codeOfSaying('moves', 'still here?')).toBe(code);
      const { length } = user.texts('moves');
      await ann.echo(await ann.say('moves', `without ${userId}`));
      expect(user.texts('moves')).toHaveLength(length);
      expect(await roomIds(userId)).not.toContain('moves');
    };
    await goes('leaver', 'member.left', () => api.as('leaver').must('DELETE', '/v1/rooms/moves/members/leaver'), 'not-a-member');
    await goes('removed', 'member.removed', () => api.must('DELETE', '/v1/rooms/moves/members/removed'), 'not-a-member');
    const terms = { userId: 'banned', reason: 'spam', expiresInSeconds: 3_600 };
    await goes('banned', 'member.banned', () => api.must('POST', '/v1/rooms/moves/bans', terms), 'banned');
    await api.must('DELETE', '/v1/rooms/moves/bans/banned');
    await api.must('POST', '/v1/rooms/moves/members', { userIds: ['banned'] });
    const back = await connect('banned');
    expect(await back.codeOfSaying('moves', 'thank you')).toBe('ok');
  });

  it('a ban from the tenant ends the connection and refuses the next, until lifted', async () => {
    const eve = await connect('eve');
    await api.must('POST', '/v1/bans', { userId: 'eve', reason: 'abuse', expiresInSeconds: 3_600 });
    await until('the socket is closed', () => !eve.socket.connected);
    const refused = new PlainUser(eve.socket);
    refused.socket.connect();
    await until('refused for good', () => refused.refusals.length > 0);
    expect(refused.refusals[0]).toMatchObject({ code: 'banned', reason: 'abuse', scope: 'tenant', expiresAt: expect.any(String) });
    expect(eve.socket.active).toBe(false);
    await api.must('DELETE', '/v1/bans/eve');
    await expect(connect('eve')).resolves.toBeInstanceOf(PlainUser);
  });

  it('strangers are told to go, whatever is wrong with them', async () => {
    for (const [token, code] of [
      ['no-token-at-all', 'token-invalid'],
      [undefined, 'unauthenticated'],
    ] as const) {
      const refused = new PlainUser((await connect('ann')).socket);
      refused.socket.disconnect();
      refused.socket.auth = token === undefined ? {} : { token };
      refused.socket.connect();
      await until('the refusal', () => refused.refusals.length > 0);
      expect(refused.refusals[0]?.code).toBe(code);
      expect(refused.socket.active).toBe(false);
    }
    await expect(new Rest(server.url, await api.token('ann')).ask('GET', '/v1/rooms/rest-unknown')).resolves.toMatchObject({
      status: 404,
      body: { code: 'not-found' },
    });
  });
});

const holds = (event: unknown, text: string): boolean => JSON.stringify(event).includes(JSON.stringify(text));
