import { describe, expect, it } from 'vitest';
import { DomainError } from '../errors.js';
import type { MessageId, RoomKey } from '../ids.js';
import { MemoryRoomLog } from '../testing/memory/memory-room-log.js';
import { memoryPorts } from '../testing/memory/ports.js';
import { aWorld } from '../testing/world.js';
import type { Message } from './message.js';

/** A log whose single messages are found, after some, only when it is let. */
class SlowLookUps extends MemoryRoomLog {
  /** How many still pass. */
  quick = 0;
  private readonly gate = Promise.withResolvers<void>();
  private readonly waiting = Promise.withResolvers<void>();
  /** Resolves when somebody waits. */
  readonly reached = this.waiting.promise;

  open(): void {
    this.gate.resolve();
  }

  override async message(room: RoomKey, messageId: MessageId): Promise<Message | undefined> {
    this.quick -= 1;
    if (this.quick < 0) {
      this.waiting.resolve();
      await this.gate.promise;
    }
    return super.message(room, messageId);
  }
}

/** A log that cannot be read, when it is told so. */
class DumbLog extends MemoryRoomLog {
  isDumb = false;
  asked = 0;

  private answer<T>(answer: () => Promise<T>): Promise<T> {
    if (!this.isDumb) return answer();
    this.asked += 1;
    return Promise.reject(new DomainError('unavailable'));
  }

  override message(room: RoomKey, messageId: MessageId): Promise<Message | undefined> {
    return this.answer(() => super.message(room, messageId));
  }

  override earlierSend(...about: Parameters<MemoryRoomLog['earlierSend']>): ReturnType<MemoryRoomLog['earlierSend']> {
    return this.answer(() => super.earlierSend(...about));
  }
}

const dumbWorld = () => {
  const ports = memoryPorts();
  const roomLog = new DumbLog(ports.db);
  return { roomLog, builder: aWorld({ ...ports, roomLog }) };
};

const slowWorld = () => {
  const ports = memoryPorts();
  const roomLog = new SlowLookUps(ports.db);
  return { roomLog, builder: aWorld({ ...ports, roomLog }) };
};

describe('sending', () => {
  it('tells the members, the sender included, once', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.as('ann').send('crew', 'hi');
    for (const id of ['ann', 'bo']) {
      const messages = world.seenBy(id).filter(({ type }) => type === 'message.created');
      expect(messages).toMatchObject([{ data: { message: { text: 'hi', sender: { id: 'ann' } } } }]);
    }
  });

  it('answers a repeat although the sender is muted, removed or banned since', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    const draft = { clientMessageId: 'c1', text: 'hi' };
    const first = await world.as('bo').send('crew', draft);
    const moves = [
      () => world.as('ann').mute('crew', 'bo'),
      () => world.as('ann').remove('crew', 'bo'),
      () => world.as('ann').ban('crew', 'bo'),
      () => world.server().banFromTenant('bo'),
    ];
    for (const move of moves) {
      await move();
      expect(await world.as('bo').send('crew', draft)).toEqual({ ...first, deduplicated: true });
      await expect(world.as('bo').send('crew', 'new')).rejects.toMatchObject({ kind: 'forbidden' });
    }
    expect(await world.history('crew')).toHaveLength(1);
  });

  it('answers a repeat beyond the rate and of what it replied to is deleted', async () => {
    const world = await aWorld()
      .withSettings({ limits: { sendBurst: 2, sendsPerSecond: 1 } })
      .withGroup('crew', ['ann']);
    const first = await world.as('ann').send('crew', { clientMessageId: 'c1', text: 'hi' });
    await world.as('ann').send('crew');
    await expect(world.as('ann').send('crew')).rejects.toMatchObject({
      code: 'rate-limited',
      details: { retryAfterMs: expect.any(Number) },
    });
    expect(await world.as('ann').send('crew', { clientMessageId: 'c1', text: 'hi' })).toEqual({ ...first, deduplicated: true });
    world.clock.advance(1_000);
    await world.as('ann').send('crew');
  });

  it('answers a repeat of a deleted message with the tombstone', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    const draft = { clientMessageId: 'c1', text: 'hi' };
    const { message } = await world.as('ann').send('crew', draft);
    await world.as('ann').delete('crew', message.id);
    const again = await world.as('ann').send('crew', draft);
    expect(again).toMatchObject({ deduplicated: true, message: { id: message.id, seq: 1, deleted: { by: { user: { id: 'ann' } } } } });
    expect(again.message.text).toBeUndefined();
  });

  it('refuses another draft under the same id, also from one who may no longer speak', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.as('bo').send('crew', { clientMessageId: 'c1', text: 'hi' });
    const other = { clientMessageId: 'c1', text: 'other' };
    await expect(world.as('bo').send('crew', other)).rejects.toMatchObject({ code: 'idempotency-conflict' });
    await world.as('ann').mute('crew', 'bo');
    await expect(world.as('bo').send('crew', other)).rejects.toMatchObject({ code: 'idempotency-conflict' });
    expect(await world.history('crew')).toHaveLength(1);
  });

  it('commits one message of many repeats at the same time', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    const sends = ['phone', 'laptop', 'watch'].map((device) => world.as('ann', device).send('crew', { clientMessageId: 'c1', text: 'hi' }));
    const sent = await Promise.all(sends);
    expect(sent.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
    expect(new Set(sent.map(({ message }) => message.id)).size).toBe(1);
  });
});

describe('who may speak', () => {
  it('gives a stranger and a missing room the same error', async () => {
    const world = await aWorld().withGroup('crew', ['ann']).withUsers(['cy']);
    const errors = await Promise.all(
      ['crew', 'missing'].map((room) =>
        world
          .as('cy')
          .send(room)
          .catch((error: unknown) => error),
      ),
    );
    expect(errors[0]).toMatchObject({ code: 'not-found', details: {} });
    expect(errors[1]).toEqual(errors[0]);
  });

  it('tells a former member that it is not a member', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo', 'cy']);
    await world.as('bo').leave('crew');
    await world.as('ann').remove('crew', 'cy');
    for (const id of ['bo', 'cy']) await expect(world.as(id).send('crew')).rejects.toMatchObject({ code: 'not-a-member' });
  });

  it('refuses a muted member until the mute is over', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.as('bo').send('crew');
    await world.as('ann').mute('crew', 'bo', 60);
    const expiresAt = new Date(world.clock.now().getTime() + 60_000);
    await expect(world.as('bo').send('crew')).rejects.toMatchObject({ code: 'muted', details: { scope: 'room', expiresAt } });
    world.clock.advance(60_001);
    await world.as('bo').send('crew');
  });

  it('refuses plain members of a muted room, not its staff', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo', 'cy']);
    await world.as('ann').setRole('crew', 'bo', 'admin');
    await world.as('ann').settings('crew', { muted: true });
    await expect(world.as('cy').send('crew')).rejects.toMatchObject({ code: 'room-muted' });
    await world.as('bo').send('crew');
    await world.as('ann').send('crew');
  });

  it('refuses plain members where only staff posts', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo'], { memberCanPost: false });
    await expect(world.as('bo').send('crew')).rejects.toMatchObject({ code: 'forbidden' });
    await world.as('ann').send('crew');
  });

  it('refuses every sender of a suspended tenant, on the next message', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    await world.as('ann').send('crew');
    await world.services.tenants.setStatus(world.platform(), 'acme', 'suspended');
    await expect(world.as('ann').send('crew')).rejects.toMatchObject({ code: 'tenant-suspended' });
    await world.services.tenants.setStatus(world.platform(), 'acme', 'active');
    await world.as('ann').send('crew');
  });

  it('lets a direct message through as tenant and peer wish', async () => {
    const world = await aWorld().withUsers(['ann', 'bo']);
    const { room } = await world.as('ann').direct('bo');
    await world.services.users.updateMe(world.as('bo').actor, { directFrom: 'friends' });
    await expect(world.as('ann').send(room.id)).rejects.toMatchObject({ code: 'not-friends' });
    await world.services.users.updateMe(world.as('bo').actor, { directFrom: 'everyone' });
    await world.as('ann').send(room.id);
    await world.services.users.updateMe(world.as('bo').actor, { directFrom: 'friends' });
    await expect(world.as('ann').send(room.id)).rejects.toMatchObject({ code: 'not-friends' });
    await world.services.users.updateMe(world.as('bo').actor, { directFrom: 'everyone' });
    await world.as('ann').send(room.id);
    await world.services.users.setDeactivated(world.server().actor, 'bo', true);
    await expect(world.as('ann').send(room.id)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('is for users: a key says nothing of its own', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    await expect(world.server().send('crew')).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('what may be said', () => {
  it('counts code points against the tenant’s limit', async () => {
    const world = await aWorld()
      .withSettings({ limits: { textLength: 3 } })
      .withGroup('crew', ['ann']);
    await world.as('ann').send('crew', '\u{1F600}\u{1F600}\u{1F600}');
    await expect(world.as('ann').send('crew', 'four')).rejects.toMatchObject({
      code: 'validation-failed',
      details: { errors: [{ pointer: '/text' }] },
    });
  });

  it('mentions known users; everyone by staff only', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    const { message } = await world.as('ann').send('crew', { mentions: ['bo', '@all', 'bo'] });
    expect(message.mentions).toEqual(['bo', '@all']);
    expect((await world.as('bo').room('crew')).unreadMentions).toBe(1);
    await expect(world.as('bo').send('crew', { mentions: ['@all'] })).rejects.toMatchObject({ code: 'forbidden' });
    const unknown = world.as('bo').send('crew', { mentions: ['ann', 'ghost'] });
    await expect(unknown).rejects.toMatchObject({ details: { errors: [{ pointer: '/mentions/1', code: 'not-found' }] } });
  });

  it('replies to a message of the same room, shown as it is today', async () => {
    const world = await aWorld().withGroup('crew', ['ann']).withGroup('other', ['ann']);
    const { message } = await world.as('ann').send('crew', 'x'.repeat(400));
    const reply = await world.as('ann').send('crew', { text: 'yes', replyTo: message.id });
    expect(reply.message.replyTo).toMatchObject({ messageId: message.id, seq: 1, deleted: false, text: `${'x'.repeat(300)}…` });
    await expect(world.as('ann').send('other', { replyTo: message.id })).rejects.toMatchObject({ code: 'not-found' });
    await world.as('ann').delete('crew', message.id);
    expect((await world.history('crew'))[1]?.replyTo).toMatchObject({ messageId: message.id, deleted: true });
    expect(JSON.stringify(await world.events('crew'))).not.toContain('xxx');
  });
});

describe('order', () => {
  it('keeps a sender’s pipelined messages in order when the first needs a slow look-up and the second none', async () => {
    const { roomLog, builder } = slowWorld();
    const world = await builder.withGroup('crew', ['ann']);
    const { message } = await world.as('ann').send('crew', 'target');
    const first = world.as('ann').send('crew', { text: 'one', replyTo: message.id });
    const second = world.as('ann').send('crew', 'two');
    roomLog.open();
    await Promise.all([first, second]);
    expect((await world.history('crew')).map(({ text }) => text)).toEqual(['target', 'one', 'two']);
  });

  it('keeps it also when the room changed under both and they are decided anew', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    const { message } = await world.as('ann').send('crew', 'target');
    await world.as('ann').update('crew', { name: 'renamed' });
    await Promise.all([
      world.as('ann').send('crew', { text: 'one', replyTo: message.id }),
      world.as('ann').send('crew', 'two'),
      world.as('ann').send('crew', 'three'),
    ]);
    expect((await world.history('crew')).map(({ text }) => text)).toEqual(['target', 'one', 'two', 'three']);
  });

  it('lets none overtake one that is decided anew', async () => {
    const { roomLog, builder } = slowWorld();
    const world = await builder.withGroup('crew', ['ann']);
    const { message } = await world.as('ann').send('crew', 'target');
    await world.as('ann').update('crew', { name: 'renamed' });
    roomLog.quick = 1;
    const first = world.as('ann').send('crew', { text: 'one', replyTo: message.id });
    await roomLog.reached;
    const second = world.as('ann').send('crew', 'two');
    await world.as('ann').room('crew');
    roomLog.open();
    await Promise.all([first, second]);
    expect((await world.history('crew')).map(({ text }) => text)).toEqual(['target', 'one', 'two']);
  });

  it('commits nothing on remembered facts after a mute', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.as('bo').send('crew', 'before');
    const race = [
      world
        .as('ann')
        .mute('crew', 'bo')
        .then(() => 'muted'),
      world
        .as('bo')
        .send('crew', 'during')
        .then(
          () => 'sent',
          () => 'refused',
        ),
    ];
    await Promise.all(race);
    await expect(world.as('bo').send('crew', 'after')).rejects.toMatchObject({ code: 'muted' });
    const events = (await world.events('crew')).map(({ type }) => type);
    expect(events.lastIndexOf('message.created')).toBeLessThan(events.indexOf('member.muted'));
  });
});

describe('a log that does not answer', () => {
  it('is asked once by a send: each question may take as long as a caller waits', async () => {
    const { roomLog, builder } = dumbWorld();
    const world = await builder.withGroup('crew', ['ann', 'bo']);
    const { message } = await world.as('bo').send('crew', 'question');
    roomLog.isDumb = true;
    await expect(world.as('ann').send('crew', { text: 'answer', replyTo: message.id })).rejects.toMatchObject({ code: 'unavailable' });
    expect(roomLog.asked).toBe(1);
  });
});

describe('taking back', () => {
  it('lets the sender inside the tenant’s window, staff at any time, nobody else', async () => {
    const world = await aWorld().withSettings({ deleteWindowSeconds: 60 }).withGroup('crew', ['ann', 'bo', 'cy']);
    const [one, two] = [await world.as('bo').send('crew', 'one'), await world.as('bo').send('crew', 'two')];
    await expect(world.as('cy').delete('crew', one.message.id)).rejects.toMatchObject({ code: 'forbidden' });
    const tombstone = await world.as('bo').delete('crew', one.message.id, 'typo');
    expect(tombstone).toMatchObject({ seq: 1, mentions: [], metadata: {}, deleted: { reason: 'typo', by: { user: { id: 'bo' } } } });
    world.clock.advance(60_001);
    await expect(world.as('bo').delete('crew', two.message.id)).rejects.toMatchObject({ code: 'forbidden' });
    await world.as('ann').delete('crew', two.message.id);
    expect((await world.history('crew')).every(({ text, deleted }) => text === undefined && deleted)).toBe(true);
  });

  it('is no error twice, and told once', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    const { message } = await world.as('ann').send('crew');
    const first = await world.as('ann').delete('crew', message.id, 'first');
    expect(await world.as('ann').delete('crew', message.id, 'second')).toEqual(first);
    expect(world.seenBy('ann').filter(({ type }) => type === 'message.deleted')).toHaveLength(1);
  });

  it('is audited when an operator or a key does it', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    const { message } = await world.as('ann').send('crew');
    await world.operator('moderator').delete('crew', message.id, 'rules');
    const { items } = await world.services.audit.ofTenant(world.operator().actor, { action: 'message.delete' }, { limit: 10 });
    expect(items).toMatchObject([{ actorKind: 'operator', target: { kind: 'message', id: message.id } }]);
  });
});

describe('reading', () => {
  it('is refused to strangers and former members, allowed to the tenant’s server', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']).withUsers(['cy']);
    const { message } = await world.as('ann').send('crew');
    await world.as('bo').leave('crew');
    await expect(world.as('cy').history('crew')).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.as('bo').history('crew')).rejects.toMatchObject({ code: 'not-a-member' });
    expect(await world.server().history('crew')).toEqual([message]);
  });

  it('begins at joining where the room says so', async () => {
    const world = await aWorld().withGroup('crew', ['ann'], { historyVisibility: 'since-join' }).withUsers(['bo']);
    const before = await world.as('ann').send('crew', 'before');
    await world.as('ann').add('crew', 'bo');
    expect((await world.as('bo').room('crew')).lastMessage).toBeUndefined();
    await world.as('ann').send('crew', 'after');
    expect((await world.as('bo').history('crew')).map(({ text }) => text)).toEqual(['after']);
    const get = world.services.messages.get(world.as('bo').actor, 'crew', before.message.id);
    await expect(get).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.as('bo').send('crew', { replyTo: before.message.id })).rejects.toMatchObject({ code: 'not-found' });
    expect(await world.as('ann').history('crew')).toHaveLength(2);
  });

  it('never crosses tenants', async () => {
    const world = await aWorld().withGroup('crew', ['ann']).withTenant('other').withUsers(['ann'], 'other');
    await world.as('ann').send('crew');
    await expect(world.as('ann', undefined, 'other').history('crew')).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.server('other').history('crew')).rejects.toMatchObject({ code: 'not-found' });
  });
});
