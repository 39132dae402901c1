import { randomUUID } from 'node:crypto';
import type { BusMessage } from '@parley/domain';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from './redis-bus.js';

describe('a message between nodes', () => {
  it('comes out as it went in: dates are dates, and what only looks like one is not', () => {
    const at = new Date('2026-11-21T10:00:00.123Z');
    const node = randomUUID();
    const message = {
      kind: 'receipt',
      event: { type: 'message.read', tenantId: 'acme', roomNo: 1, roomId: 'crew', user: { no: 1, id: 'ann', name: 'Ann' }, seq: 2, at },
      odd: { $date: '2026-11-21', list: [at, null, '2026-11-21T10:00:00.123Z'], [randomUUID()]: 'x' },
    } as unknown as BusMessage;
    expect(decodeMessage(encodeMessage(node, message))).toEqual([node, message]);
  });
});
