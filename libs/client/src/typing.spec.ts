import type { TypingEnvelope } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { ManualTimers } from './testing/manual-timers.js';
import { OwnTyping, TypingUsers } from './typing.js';
import type { Connection } from './connection.js';

const told = (userId: string, type: TypingEnvelope['type'] = 'typing.started', action: TypingEnvelope['data']['action'] = 'typing') => ({
  id: '1',
  type,
  tenantId: 'acme',
  roomId: 'crew',
  at: '',
  data: { roomId: 'crew', userId, action },
});

describe('others who type', () => {
  it('are shown until they stop, say it, or are heard of no more; oneself is not', () => {
    const timers = new ManualTimers();
    const typing = new TypingUsers(timers, () => 'me');
    const shown = () => typing.watched.getSnapshot().map(({ userId, action }) => `${userId} ${action}`);
    for (const userId of ['me', 'ann', 'bo', 'cy']) typing.note(told(userId));
    typing.note(told('bo', 'typing.started', 'recording'));
    expect(shown()).toEqual(['ann typing', 'cy typing', 'bo recording']);
    typing.note(told('ann', 'typing.stopped'));
    typing.end('cy');
    expect(shown()).toEqual(['bo recording']);
    timers.advance(8_000);
    expect(shown()).toEqual([]);
    typing.note(told('ann'));
    typing.clear();
    expect(shown()).toEqual([]);
  });
});

describe('oneself', () => {
  it('tells the server now and then, however many keys are pressed, and that it ends once', () => {
    const timers = new ManualTimers();
    const sent: string[] = [];
    let state = 'online';
    const connection = {
      get state() {
        return state;
      },
      command: (spec: { name: string }, input: { action?: string }) => {
        sent.push(`${spec.name} ${input.action ?? ''}`.trim());
        return Promise.reject(new Error('refused'));
      },
    } as unknown as Connection;
    const own = new OwnTyping(connection, timers, 'crew');
    for (let key = 0; key < 40; key += 1) {
      own.start('typing');
      timers.advance(100);
    }
    own.start('recording');
    own.stop();
    own.stop();
    expect(sent).toEqual(['typing.start typing', 'typing.start typing', 'typing.start recording', 'typing.stop']);
    own.start('typing');
    own.said();
    own.stop();
    own.start('typing');
    expect(sent.slice(4)).toEqual(['typing.start typing', 'typing.start typing']);
    own.said();
    state = 'waiting';
    own.start('typing');
    expect(sent).toHaveLength(6);
  });
});
