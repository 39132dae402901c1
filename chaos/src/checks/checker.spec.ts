import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check, explain } from './checker.ts';
import { FINDING_KINDS } from './findings.ts';
import { readHistory, Recorder } from './recorder.ts';
import { ANOMALIES } from './testing/anomalies.ts';
import { validRun } from './testing/valid-run.ts';

describe('the checker', () => {
  it('finds nothing in the histories of a correct server', () => {
    fc.assert(
      fc.property(validRun, ({ history, truth }) => {
        const findings = check(history, truth);
        expect(findings, explain(findings)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it.each(FINDING_KINDS)('always finds: %s', (kind) => {
    let planted = 0;
    fc.assert(
      fc.property(validRun, fc.nat(1_000), (run, pick) => {
        const broken = ANOMALIES[kind](run, pick);
        fc.pre(broken !== undefined);
        planted += 1;
        const found = check(broken.history, broken.truth).filter((finding) => finding.kind === kind);
        expect(found.length).toBeGreaterThan(0);
        expect(found[0]?.context.length).toBeLessThanOrEqual(20);
      }),
      { numRuns: 150 },
    );
    expect(planted).toBeGreaterThanOrEqual(150);
  });

  it('does not depend on the order in which a history was written down', () => {
    const shuffled = validRun.chain((run) =>
      fc.shuffledSubarray([...run.history], { minLength: run.history.length }).map((history) => ({ ...run, history })),
    );
    fc.assert(
      fc.property(shuffled, ({ history, truth }) => {
        expect(check(history, truth)).toEqual([]);
      }),
    );
  });

  it('calls a room that is gone lost', () => {
    const ok = {
      t: 2,
      kind: 'send-ok',
      op: 1,
      client: 'c',
      userId: 'u',
      roomId: 'r',
      clientMessageId: 'm',
      pts: 1,
      seq: 1,
      messageId: 'i',
      deduplicated: false,
    } as const;
    expect(check([ok], []).map(({ kind }) => kind)).toEqual(['lost']);
  });

  it('takes a refusal for certain, but for one of two copies that the line delivered (F30)', () => {
    const sent = { op: 1, client: 'c', userId: 'u', roomId: 'r', clientMessageId: 'm' };
    const refusedOn = (isOnLine: boolean) => [
      { t: 2, kind: 'send-inv' as const, bodyHash: 'h', isOnLine, ...sent },
      { t: 4, kind: 'send-fail' as const, code: 'not-a-member', ...sent },
    ];
    const message = {
      pts: 1,
      type: 'message.created',
      seq: 1,
      messageId: 'i',
      senderId: 'u',
      clientMessageId: 'm',
      bodyHash: 'h',
    } as const;
    const kindsOf = (from: number, to: number, isOnLine = true) =>
      check(
        [
          { t: from, kind: 'fault', name: 'F30', phase: 'begin' },
          ...refusedOn(isOnLine),
          { t: to, kind: 'fault', name: 'F30', phase: 'over' },
        ],
        [{ roomId: 'r', events: [message] }],
      ).map(({ kind }) => kind);
    expect(check(refusedOn(true), [{ roomId: 'r', events: [message] }]).map(({ kind }) => kind)).toContain('stored-though-rejected');
    expect(kindsOf(1, 3)).not.toContain('stored-though-rejected');
    expect(kindsOf(0, 1)).toContain('stored-though-rejected');
    // Neither REST nor a direct socket has its frames repeated.
    expect(kindsOf(1, 3, false)).toContain('stored-though-rejected');
  });

  it('shows a finding with the events around it', () => {
    const sent = { op: 1, client: 'c', userId: 'u', roomId: 'r', clientMessageId: 'm' };
    const history = [
      { t: 1, kind: 'send-inv', bodyHash: 'h', ...sent },
      { t: 2, kind: 'send-ok', pts: 2, seq: 1, messageId: 'i', deduplicated: false, ...sent },
      { t: 3, kind: 'conn-up', client: 'c', userId: 'u' },
    ] as const;
    const [finding] = check(history, [{ roomId: 'r', events: [{ pts: 1, type: 'room.created' }] }]);
    expect(finding).toMatchObject({ kind: 'lost', roomId: 'r', context: [{ t: 1 }, { t: 2 }] });
    expect(explain(finding ? [finding] : [])).toContain('lost in r: m of u: acknowledged at pts 2, not stored');
  });
});

describe('the recorder', () => {
  it('reads back what it wrote, in the order of its clock', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'parley-recorder-'));
    try {
      const file = join(directory, 'history.ndjson');
      const recorder = new Recorder(file);
      recorder.record({ kind: 'conn-up', client: 'c', userId: 'u' });
      recorder.record({ kind: 'conn-down', client: 'c', userId: 'u', reason: 'transport close' });
      await recorder.close();
      const events = readHistory(file);
      expect(events).toMatchObject(recorder.history());
      expect(events.map(({ kind }) => kind)).toEqual(['conn-up', 'conn-down']);
      expect(events[0]?.t).toBeLessThanOrEqual(events[1]?.t ?? 0);
      expect([recorder.nextOp(), recorder.nextOp()]).toEqual([1, 2]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
