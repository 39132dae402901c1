import { beforeEach, expect, it } from 'vitest';
import { ManualTimers, quiet } from './testing/manual-timers.js';
import { Tokens } from './tokens.js';

interface Asked {
  readonly reason: string;
  readonly give: (token: string) => Promise<void>;
  readonly fail: () => Promise<void>;
}

let asked: Asked[];
let timers: ManualTimers;

function aSource(): Tokens {
  return new Tokens(
    ({ reason }) =>
      new Promise((resolve, reject) => {
        const give = async (token: string): Promise<void> => (resolve(token), quiet());
        asked.push({ reason, give, fail: async () => (reject(new Error('no network')), quiet()) });
      }),
    timers,
  );
}

beforeEach(() => ([asked, timers] = [[], new ManualTimers()]));

it('asks once for all who ask at the same time', async () => {
  const tokens = aSource();
  const all = [tokens.fresh('connect'), tokens.current(), tokens.fresh('expiring')];
  await asked[0]?.give('one');
  expect([await Promise.all(all), asked.length]).toEqual([['one', 'one', 'one'], 1]);
});

it('asks once more, afterwards, for whoever was told that tokens expire while another call was under way', async () => {
  const tokens = aSource();
  const first = tokens.fresh('connect');
  const second = tokens.fresh('expired');
  const third = tokens.fresh('expired');
  await quiet();
  expect(asked.map(({ reason }) => reason)).toEqual(['connect']);
  const failed = expect(first).rejects.toThrow('no network');
  await asked[0]?.fail();
  await failed;
  await asked[1]?.give('two');
  expect([await second, await third, asked.map(({ reason }) => reason)]).toEqual(['two', 'two', ['connect', 'expired']]);
});

it('gives what came meanwhile to whoever holds an older one', async () => {
  const tokens = aSource();
  const first = tokens.fresh('connect');
  await asked[0]?.give('old');
  await first;
  const [one, other] = [tokens.newerThan('old'), tokens.newerThan('old')];
  await asked[1]?.give('new');
  expect([await one, await other, await tokens.newerThan('old'), asked.length]).toEqual(['new', 'new', 'new', 2]);
});

it('gives up a callback that does not answer, and asks again next time', async () => {
  const tokens = aSource();
  const late = tokens.fresh('connect');
  timers.advance(30_000);
  await expect(late).rejects.toMatchObject({ code: 'timeout' });
  const next = tokens.fresh('connect');
  await asked[1]?.give('now');
  expect(await next).toBe('now');
});
