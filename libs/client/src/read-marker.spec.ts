import { expect, it } from 'vitest';
import { ReadMarker } from './read-marker.js';
import { refusal } from './testing/fake-server.js';
import { ManualTimers, quiet } from './testing/manual-timers.js';

it('tells the furthest position only, and never one it told before', async () => {
  const sent: number[] = [];
  const marker = new ReadMarker(
    new ManualTimers(),
    async (seq) => {
      sent.push(seq);
      return seq;
    },
    () => true,
  );
  for (const seq of [3, 5, 4]) marker.mark(seq);
  await quiet();
  marker.mark(5);
  await quiet();
  expect(sent).toEqual([3, 5]);
});

it('tells smaller numbers again when the log started over, whatever became of a mark under way', async () => {
  const sent: number[] = [];
  const answers: (() => void)[] = [];
  const marker = new ReadMarker(
    new ManualTimers(),
    (seq) => {
      sent.push(seq);
      return new Promise((resolve) => answers.push(() => resolve(seq)));
    },
    () => true,
  );
  marker.mark(7);
  marker.reset();
  marker.mark(2);
  answers[0]?.();
  await quiet();
  expect(sent).toEqual([7, 2]);
});

it('tells again what the server did not take, once it is asked to', async () => {
  const sent: number[] = [];
  let length = 0;
  const marker = new ReadMarker(
    new ManualTimers(),
    async (seq) => {
      sent.push(seq);
      if (length < 0) throw refusal('not-a-member', 403);
      return Math.min(seq, length);
    },
    () => true,
  );
  // The room was cut short by a restore, and is emptied, filled, and left for a while.
  for (length of [0, 1, 5, -1, 9]) {
    marker.mark(length === 1 ? 1 : 6);
    await quiet();
  }
  expect(sent).toEqual([6, 1, 6, 6, 6]);
  marker.mark(6);
  await quiet();
  expect(sent).toHaveLength(5);
});

it('tries again later, and not at all where there is nothing to mark any more', async () => {
  const timers = new ManualTimers();
  const refusals = [refusal('unavailable', 503, true), refusal('not-a-member', 403)];
  let tries = 0;
  const marker = new ReadMarker(
    timers,
    async () => {
      tries += 1;
      const refused = refusals.shift();
      if (refused) throw refused;
      return 1;
    },
    () => true,
  );
  marker.mark(1);
  await quiet();
  expect([tries, timers.next]).toEqual([1, 1_500]);
  timers.advance(1_500);
  await quiet();
  expect([tries, timers.next]).toEqual([2, undefined]);
});

it('tries nothing and waits for nothing without a connection, and goes on with the next', async () => {
  const timers = new ManualTimers();
  const sent: number[] = [];
  let isOnline = true;
  const marker = new ReadMarker(
    timers,
    async (seq) => {
      sent.push(seq);
      if (sent.length > 1) return seq;
      isOnline = false;
      throw refusal('unavailable', 0, true);
    },
    () => isOnline,
  );
  marker.mark(1);
  await quiet();
  marker.mark(2);
  expect([sent, timers.next]).toEqual([[1], undefined]);
  isOnline = true;
  marker.online();
  await quiet();
  expect(sent).toEqual([1, 2]);
});
