import { expect, it } from 'vitest';
import { onWakeUp } from './wake-ups.js';

it('wakes up with the network and when the page is looked at, until it is stopped', () => {
  const page = Object.assign(new EventTarget(), { visibilityState: 'hidden' as DocumentVisibilityState });
  const scope = Object.assign(new EventTarget(), { document: page });
  let woken = 0;
  const stop = onWakeUp(() => (woken += 1), scope);
  page.dispatchEvent(new Event('visibilitychange'));
  expect(woken).toBe(0);
  page.visibilityState = 'visible';
  page.dispatchEvent(new Event('visibilitychange'));
  scope.dispatchEvent(new Event('online'));
  expect(woken).toBe(2);
  stop();
  page.dispatchEvent(new Event('visibilitychange'));
  scope.dispatchEvent(new Event('online'));
  expect(woken).toBe(2);
});

it('has nothing to listen to outside of a browser', () => {
  expect(onWakeUp(() => undefined, {})()).toBeUndefined();
});
