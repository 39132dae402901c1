import { describe, expect, it } from 'vitest';
import { compare } from './gate.ts';
import type { Paced } from './scenarios/paced.ts';

const summary = (p99: number) => ({ count: 1, p50: p99 / 2, p99, max: p99 });
const result = (acknowledgedPerSecond: number, p99: number): Paced => ({
  seconds: 1,
  acknowledged: acknowledgedPerSecond,
  acknowledgedPerSecond,
  deliveries: 0,
  deliveriesPerSecond: 0,
  bytesPerDelivery: 0,
  ack: summary(p99),
  refused: 0,
  unanswered: 0,
  missingDeliveries: 0,
  reordered: 0,
  repeated: 0,
  closedConnections: 0,
  loadCpuShare: 0,
  cpu: { server: 0, postgres: 0 },
  serverPeakKb: 0,
});
const round = (parley: Paced, bare: Paced) => ({ parley: { send: parley, steady: parley }, bare: { send: bare, steady: bare } });
const ROUNDS = [
  round(result(90, 9), result(100, 1)),
  round(result(120, 4), result(100, 2)),
  // A neighbour on the machine woke up.
  round(result(30, 80), result(100, 2)),
];

describe('gate', () => {
  it('compares the median of ratios or differences inside each round', () => {
    const floor = { scenario: 'send', measure: 'acked/s', as: 'ratio', reason: '' } as const;
    expect(compare({ ...floor, atLeast: 0.9 }, ROUNDS)).toMatchObject({ median: 0.9, isKept: true });
    expect(compare({ ...floor, atLeast: 0.91 }, ROUNDS).isKept).toBe(false);
    const late = { scenario: 'steady', measure: 'ack p99 ms', as: 'difference', reason: '' } as const;
    expect(compare({ ...late, atMost: 8 }, ROUNDS)).toMatchObject({ values: [8, 2, 78], median: 8, isKept: true });
    expect(compare({ ...late, atMost: 7.9 }, ROUNDS).isKept).toBe(false);
  });

  it('lets nothing pass that was not measured', () => {
    const floor = { scenario: 'steady', measure: 'receive p99 ms', as: 'difference', atMost: 8, reason: '' } as const;
    expect(compare(floor, ROUNDS)).toMatchObject({ median: NaN, isKept: false });
  });
});
