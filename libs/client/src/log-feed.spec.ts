import { expect, it } from 'vitest';
import { LogFeed } from './log-feed.js';

function aFeed(pts = 0, epoch = 1): { feed: LogFeed<number>; told: number[] } {
  const told: number[] = [];
  return {
    told,
    feed: new LogFeed<number>(
      { epoch, pts },
      (event) => event,
      (event) => told.push(event),
    ),
  };
}

it('tells each event once and in order, holding back what is ahead', () => {
  const { feed, told } = aFeed();
  for (const pts of [2, 1, 1, 4, 2]) feed.take(pts, 1);
  expect([told, feed.isBehind]).toEqual([[1, 2], true]);
  feed.cover([3, 4, 5], 5);
  expect([told, feed.isBehind]).toEqual([[1, 2, 3, 4, 5], false]);
});

it('knows that the last event is missing when it hears how far the log goes', () => {
  const { feed } = aFeed(3);
  feed.heard({ epoch: 1, pts: 4 });
  expect(feed.isBehind).toBe(true);
});

it('drops what it cannot hold, and still knows that it is missing', () => {
  const { feed, told } = aFeed();
  for (let pts = 2; pts <= 2_500; pts += 1) feed.take(pts, 1);
  feed.cover([1], 1);
  expect([told, feed.isBehind]).toEqual([[1], true]);
});

it('waits for the reset when the log has a new life, and keeps what came of it', () => {
  const { feed, told } = aFeed(5);
  feed.take(9, 2);
  feed.cover([6], 6);
  expect([told, feed.isBehind]).toEqual([[], true]);
  feed.reset({ epoch: 2, pts: 8 });
  expect([told, feed.position, feed.isBehind]).toEqual([[9], { epoch: 2, pts: 9 }, false]);
  feed.take(10, 1);
  expect(told).toEqual([9]);
});

it('keeps the order when a listener causes further events', () => {
  const told: number[] = [];
  const feed: LogFeed<number> = new LogFeed<number>(
    { epoch: 1, pts: 0 },
    (event) => event,
    (event) => {
      if (event === 1) feed.take(2, 1);
      told.push(event);
    },
  );
  feed.take(1, 1);
  expect(told).toEqual([1, 2]);
});

it('takes a slice for all there is: what is not in it does not exist', () => {
  const { feed, told } = aFeed();
  feed.cover([1, 3], 4);
  expect([told, feed.position.pts]).toEqual([[1, 3], 4]);
});
