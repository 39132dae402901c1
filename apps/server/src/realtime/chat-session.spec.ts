import type { DomainError, UserActor } from '@parley/domain';
import { aUserActor } from '@parley/domain/testing';
import type { Socket } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChatConnection } from './chat-connection.js';
import { ChatSession, sessionOf } from './chat-session.js';

const NOW = new Date('2030-01-01T00:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

beforeEach(() => vi.useFakeTimers({ now: NOW }));
afterEach(() => vi.useRealTimers());

function aSession(expiresInMs: number | undefined) {
  const told: [string, unknown][] = [];
  const ended: string[] = [];
  const socket = { emit: (name: string, data: unknown) => told.push([name, data]) } as unknown as Socket;
  const connection = { endWith: (error: DomainError) => ended.push(error.code) } as unknown as ChatConnection;
  const session = new ChatSession(socket, connection, actor(expiresInMs), () => new Date());
  return { session, socket, told, ended };
}

const actor = (expiresInMs: number | undefined): UserActor =>
  aUserActor(
    'acme',
    { no: 1, id: 'ann', name: 'Ann' },
    { expiresAt: expiresInMs === undefined ? undefined : new Date(Date.now() + expiresInMs) },
  );

describe('case 85: a session', () => {
  it('is warned a minute before its token ends, and closed half a minute after', () => {
    const { told, ended } = aSession(HOUR);
    vi.advanceTimersByTime(59 * MINUTE - 1);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([['session.expiring', { expiresAt: '2030-01-01T01:00:00.000Z' }]]);
    vi.advanceTimersByTime(90_000 - 1);
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ended).toEqual(['token-expired']);
    vi.advanceTimersByTime(HOUR);
    expect([told.length, ended.length]).toEqual([1, 1]);
  });

  it('whose token ends within the minute is warned at once', () => {
    const { told, ended } = aSession(10_000);
    vi.advanceTimersByTime(1);
    expect(told).toHaveLength(1);
    vi.advanceTimersByTime(40_000);
    expect(ended).toEqual(['token-expired']);
  });

  it('goes on with a newer token, and is warned of that one’s end', () => {
    const { session, told, ended } = aSession(2 * MINUTE);
    vi.advanceTimersByTime(90_000);
    expect(told).toHaveLength(1);
    const newer = actor(HOUR);
    session.renew(newer);
    expect(session.actor).toBe(newer);
    vi.advanceTimersByTime(58 * MINUTE);
    expect([told.length, ended]).toEqual([1, []]);
    vi.advanceTimersByTime(MINUTE);
    expect(told).toHaveLength(2);
    vi.advanceTimersByTime(2 * MINUTE);
    expect(ended).toEqual(['token-expired']);
  });

  it('in its grace is still kept by a newer token', () => {
    const { session, ended } = aSession(MINUTE);
    vi.advanceTimersByTime(MINUTE + 29_000);
    session.renew(actor(HOUR));
    vi.advanceTimersByTime(30 * MINUTE);
    expect(ended).toEqual([]);
  });

  it('that ended is told nothing more', () => {
    const { session, told, ended } = aSession(2 * MINUTE);
    session.stop();
    vi.advanceTimersByTime(HOUR);
    expect([told, ended]).toEqual([[], []]);
  });

  it('of years, or of a key that acts, sets no timer that fires too soon', () => {
    const years = aSession(10 * 365 * 24 * HOUR);
    const acting = aSession(undefined);
    vi.advanceTimersByTime(24 * HOUR);
    expect([years.told, years.ended, acting.told, acting.ended]).toEqual([[], [], [], []]);
  });

  it('is found by its socket', () => {
    const { session, socket } = aSession(HOUR);
    expect(sessionOf(socket)).toBe(session);
    expect(() => sessionOf({} as Socket)).toThrow('without a session');
  });
});
