import { describe, expect, it } from 'vitest';
import { CONTROLS, tryControl } from './controls/controls.ts';
import { Random } from './random.ts';
import { whyNoServer } from './server/parley-process.ts';
import { whyNoRedis } from './server/redis-process.ts';

const missing = whyNoServer();
if (missing !== undefined) console.error(`chaos: the positive controls were NOT tried: ${missing}`);

const noRedis = whyNoRedis();
if (noRedis !== undefined) console.error(`chaos: the positive controls of a cluster were NOT tried: ${noRedis}`);
const possible = CONTROLS.filter(({ topology }) => topology !== 'cluster' || noRedis === undefined);

/** A harness that cannot fail proves nothing. */
describe.skipIf(missing !== undefined)('positive controls', () => {
  it.for(possible.map((control) => [control.name, control] as const))('%s', async ([, control]) => {
    const { isAsExpected, found, example } = await tryControl(control, new Random(1));
    expect(isAsExpected, `found ${JSON.stringify(found)}, such as ${example}`).toBe(true);
  });
});
