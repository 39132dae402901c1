import { describe, expect, it } from 'vitest';
import { selfTimes } from './profile.ts';

const frame = (functionName: string, url: string, lineNumber: number) => ({ functionName, url, lineNumber });

describe('profile', () => {
  it('sums self time by function and file, inside the windows only', () => {
    const nodes = [
      { id: 1, callFrame: frame('(idle)', '', -1) },
      { id: 2, callFrame: frame('send', 'node:net', 9) },
      // The same function under another caller.
      { id: 3, callFrame: frame('send', 'node:net', 9) },
      { id: 4, callFrame: frame('', 'node:net', 0) },
    ];
    const profile = { nodes, startTime: 1_000, samples: [2, 1, 2, 3, 4, 2], timeDeltas: [0, 100, 100, 100, 100, 1_000] };
    expect(selfTimes(profile, [{ fromUs: 1_050, toUs: 1_450 }])).toEqual([
      { name: 'send', where: 'node:net:10', share: 0.5 },
      { name: '(idle)', where: '', share: 0.25 },
      { name: '(anonymous)', where: 'node:net:1', share: 0.25 },
    ]);
  });
});
