import { DomainError, ERROR_TABLE, type ErrorCode, type RoomEvent } from '@parley/domain';
// eslint-disable-next-line no-restricted-imports -- a spec may tell its story in the domain's memory world
import { aWorld, type World } from '@parley/domain/testing';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { Ban } from './bans.js';
import { ProfileEnvelope, ReceiptEnvelope, RoomEnvelope, UserEnvelope } from './events.js';
import { Message } from './messages.js';
import {
  HTTP_STATUS,
  presentBan,
  presentMember,
  presentMessage,
  presentProblem,
  presentProfileEvent,
  presentNotice,
  presentRoom,
  presentRoomEvent,
  presentSync,
  presentUser,
  presentUserEvent,
} from './present.js';
import { Problem } from './problem.js';
import { Member, Room } from './rooms.js';
import { SyncAnswer } from './sync.js';
import { User } from './users.js';

/** As a client reads it, checked against its own schema. */
function wire<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const json: unknown = JSON.parse(JSON.stringify(value));
  expect(schema.parse(json)).toEqual(json);
  return schema.parse(json);
}

/** A room in which everything has happened. */
async function lively(): Promise<World> {
  const world = await aWorld().withGroup('crew', ['ann', 'bo', 'cy', 'dan']);
  const { message } = await world.as('bo').send('crew', { text: 'one', metadata: { a: 1 }, mentions: ['ann'] });
  await world.as('ann').send('crew', { text: 'two', replyTo: message.id });
  await world.as('bo').delete('crew', message.id, 'typo');
  await world.as('ann').setRole('crew', 'bo', 'admin');
  await world.as('ann').mute('crew', 'cy', 60);
  await world.as('ann').mute('crew', 'cy', null);
  await world.as('ann').update('crew', { name: 'Crew', image: 'https://x.example/1.png' });
  await world.as('cy').leave('crew');
  await world.as('ann').remove('crew', 'dan');
  await world.operator().ban('crew', 'dan', { reason: 'spam', expiresInSeconds: 60 });
  await world.operator().unban('crew', 'dan');
  await world.server().banFromTenant('cy', { reason: 'spam' });
  await world.server().unbanFromTenant('cy');
  return world;
}

describe('what goes over the wire', () => {
  it('has the shape of its schema, for every event of every log', async () => {
    const world = await lively();
    await world.as('ann').dissolve('crew');
    const events = await world.events('crew');
    const types = new Set(events.map((event) => wire(RoomEnvelope, presentRoomEvent(event)).type));
    expect(types.size).toBe(13);
    for (const id of ['ann', 'bo', 'cy', 'dan']) {
      for (const event of world.seenBy(id)) {
        if ('userPts' in event) wire(UserEnvelope, presentUserEvent(event));
        if (event.type === 'user.updated') wire(ProfileEnvelope, presentProfileEvent(event, 'id'));
      }
    }
  });

  it('holds nothing inside a room event that depends on who looks, and no internal number', async () => {
    const world = await lively();
    for (const event of await world.events('crew')) {
      const text = JSON.stringify(presentRoomEvent(event));
      for (const secret of ['"me":', '"mine":', '"no":', '"roomNo":', '"version":', '"draft":', '"unread"'])
        expect(text).not.toContain(secret);
    }
  });

  it('shows a hidden event as a position and nothing more', async () => {
    const world = await lively();
    const [first] = await world.events('crew');
    if (!first) throw new Error('an event was expected');
    const { id, tenantId, roomNo, roomId, epoch, pts, at } = first;
    const hidden: RoomEvent = { id, type: 'event.hidden', tenantId, roomNo, roomId, epoch, pts, at, data: {} };
    expect(wire(RoomEnvelope, presentRoomEvent(hidden))).toEqual({
      id,
      type: 'event.hidden',
      tenantId,
      roomId,
      epoch,
      pts,
      at: at.toISOString(),
      data: {},
    });
  });

  it('shows rooms, members, messages, users and bans by their schemas', async () => {
    const world = await lively();
    const room = wire(Room, presentRoom(await world.as('bo').room('crew')));
    expect(room).toMatchObject({
      id: 'crew',
      name: 'Crew',
      memberCount: 2,
      lastSeq: 2,
      me: { role: 'admin', readSeq: 1, unread: 1, unreadMentions: 0, hidden: false },
    });
    expect(room.me?.capabilities).toContain('member.remove');
    expect(wire(Room, presentRoom(await world.operator().room('crew'))).me).toBeUndefined();
    for (const member of await world.as('bo').members('crew')) wire(Member, presentMember(member));
    const [tombstone, reply] = (await world.history('crew')).map((message) => wire(Message, presentMessage(message)));
    expect(tombstone).toMatchObject({
      seq: 1,
      metadata: {},
      mentions: [],
      attachments: [],
      reactions: [],
      deleted: { by: 'bo', reason: 'typo' },
    });
    expect(tombstone).not.toHaveProperty('text');
    expect(reply?.replyTo).toMatchObject({ messageId: tombstone?.id, deleted: true, sender: { id: 'bo' } });
    expect(wire(User, presentUser(world.user('ann')))).not.toHaveProperty('no');
    const ban = await world.operator().ban('crew', 'dan', { reason: 'again' });
    expect(wire(Ban, presentBan(ban))).toMatchObject({ userId: 'dan', roomId: 'crew', reason: 'again', createdByKind: 'operator' });
  });

  it('shows a former member no capabilities', async () => {
    const world = await aWorld().withChannel('news', ['ann', 'bo']);
    await world.as('bo').leave('news');
    expect(presentRoom(await world.as('bo').room('news')).me).toBeUndefined();
  });

  it('shows receipts and differences by their schemas', async () => {
    const world = await lively();
    await world.as('bo').read('crew', 2);
    const receipt = world.seenBy('ann').find(({ type }) => type === 'message.read');
    if (receipt?.type !== 'message.read') throw new Error('a receipt was expected');
    expect(wire(ReceiptEnvelope, presentNotice(receipt, 'r1')).data).toEqual({ roomId: 'crew', userId: 'bo', seq: 2 });
    const rooms = [
      { roomId: 'crew', afterPts: 0 },
      { roomId: 'missing', afterPts: 0 },
      { roomId: 'crew', afterPts: 999 },
    ];
    const answer = wire(SyncAnswer, presentSync(await world.as('bo').sync({ userPts: 0, rooms }), 'q1'));
    expect(answer.rooms.map((room) => room.error?.code ?? (room.reset ? 'reset' : 'slice'))).toEqual(['slice', 'not-found', 'reset']);
  });
});

describe('problems', () => {
  it.each(Object.keys(ERROR_TABLE) as ErrorCode[])('%s has one status, title and shape', (code) => {
    const expiresAt = new Date(0);
    const problem = wire(
      Problem,
      presentProblem(new DomainError(code, { detail: 'why', scope: 'room', expiresAt, retryAfterMs: 5 }), 'q1', '/v1/x'),
    );
    expect(problem).toMatchObject({
      code,
      status: HTTP_STATUS[ERROR_TABLE[code].kind],
      title: ERROR_TABLE[code].title,
      retryable: ERROR_TABLE[code].retryable,
      requestId: 'q1',
      instance: '/v1/x',
      expiresAt: '1970-01-01T00:00:00.000Z',
    });
  });
});
