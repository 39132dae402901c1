import type { Presence, PresenceEnvelope } from '@parley/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from './connection.js';
import { localProblem, ParleyError } from './http.js';
import { Presences } from './presences.js';
import { ManualTimers } from './testing/manual-timers.js';

const looks = (userId: string, status: Presence['status'], version: number): Presence => ({ userId, status, connections: 1, version });
const told = (presence: Presence): PresenceEnvelope => ({
  id: '1',
  type: 'presence.changed',
  tenantId: 'acme',
  at: '',
  data: { userId: presence.userId, presence },
});

let sent: string[];
let states: string[];
let state: string;
let answer: (userIds: readonly string[]) => Promise<{ presences: Presence[]; denied: string[] }>;
let timers: ManualTimers;
let presence: Presences;
const turn = () => new Promise<void>((done) => setImmediate(done));

beforeEach(() => {
  sent = [];
  states = [];
  state = 'online';
  timers = new ManualTimers();
  answer = async (userIds) => ({ presences: userIds.map((userId) => looks(userId, 'online', 5)), denied: [] });
  const connection = {
    get state() {
      return state;
    },
    command: (spec: { name: string }, { userIds = [], state: told }: { userIds?: readonly string[]; state?: string }) => {
      if (told !== undefined) {
        states.push(told);
        return Promise.reject(new Error('lost'));
      }
      sent.push(`${spec.name} ${userIds.length > 3 ? userIds.length : userIds.join(' ')}`);
      return answer(userIds);
    },
  } as unknown as Connection;
  presence = new Presences(connection, timers);
});

describe('users the app looks at', () => {
  it('are asked for together, once, and no more when nobody looks', async () => {
    let changes = 0;
    const stop = presence.subscribe(['ann', 'bo', 'ann'], () => (changes += 1));
    const stopToo = presence.subscribe(['bo', 'cy'], () => undefined);
    await turn();
    expect(sent).toEqual(['presence.subscribe ann bo cy']);
    expect([presence.get('ann')?.status, presence.get('zoe'), changes]).toEqual(['online', undefined, 2]);
    stop();
    stop();
    await turn();
    expect(sent.slice(1)).toEqual(['presence.unsubscribe ann']);
    presence.subscribe(['ann'], () => undefined);
    stopToo();
    await turn();
    expect(sent.slice(2)).toEqual(['presence.unsubscribe bo cy', 'presence.subscribe ann']);
    expect(presence.get('bo')).toBeUndefined();
  });

  it('of a moment are not asked for at all', async () => {
    presence.subscribe(['ann'], () => undefined)();
    await turn();
    expect(sent).toEqual([]);
  });

  it('are asked for a hundred at a time, and again on every connection', async () => {
    state = 'connecting';
    presence.subscribe(
      Array.from({ length: 250 }, (_, index) => `u${index}`),
      () => undefined,
    );
    await turn();
    expect(sent).toEqual([]);
    for (let session = 0; session < 2; session += 1) {
      state = 'online';
      presence.online();
      await turn();
    }
    const once = ['presence.subscribe 100', 'presence.subscribe 100', 'presence.subscribe 50'];
    expect(sent).toEqual([...once, ...once]);
  });

  it('change by what is newer, on one connection', async () => {
    presence.subscribe(['ann'], () => undefined);
    let release: () => void = () => undefined;
    answer = async () => {
      await new Promise<void>((done) => (release = done));
      return { presences: [looks('ann', 'offline', 4)], denied: [] };
    };
    await turn();
    presence.note(told(looks('ann', 'away', 7)));
    release();
    await turn();
    presence.note(told(looks('ann', 'online', 6)));
    presence.note(told(looks('bo', 'online', 6)));
    expect([presence.get('ann')?.status, presence.get('bo')]).toEqual(['away', undefined]);
    answer = async () => ({ presences: [looks('ann', 'offline', 2)], denied: [] });
    presence.online();
    await turn();
    expect(presence.get('ann')?.status).toBe('offline');
  });

  it('and may not be seen are asked for again when one comes into a room', async () => {
    answer = async (userIds) => ({ presences: userIds.includes('bo') ? [looks('bo', 'online', 1)] : [], denied: ['ann'] });
    presence.subscribe(['ann', 'bo'], () => undefined);
    await turn();
    presence.askAgain();
    await turn();
    expect(sent).toEqual(['presence.subscribe ann bo', 'presence.subscribe ann']);
  });

  it('and the server is told when nobody looks at the app, on each connection', async () => {
    presence.setInFront(true);
    presence.setInFront(false);
    presence.setInFront(false);
    presence.online();
    state = 'waiting';
    presence.setInFront(true);
    state = 'online';
    presence.online();
    await turn();
    expect(states).toEqual(['background', 'background']);
  });

  it('are asked for again after a passing refusal, and not after a final one', async () => {
    let code: 'unavailable' | 'forbidden' = 'unavailable';
    answer = async () => {
      throw new ParleyError({ ...localProblem('unavailable', 'no'), code, retryable: code === 'unavailable' });
    };
    presence.subscribe(['ann'], () => undefined);
    await turn();
    expect(sent).toHaveLength(1);
    code = 'forbidden';
    timers.advance(60_000);
    await turn();
    expect(sent).toHaveLength(2);
    timers.advance(60_000);
    await turn();
    expect(sent).toHaveLength(2);
  });
});
