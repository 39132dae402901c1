import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markedText, markerIn } from './markers.ts';
import { OrderWatch } from './order.ts';

describe('markers', () => {
  it('come back from a packet around them, in a text of the asked length', () => {
    const marker = fc.record({ sender: fc.nat(49), n: fc.integer({ min: 1, max: 1e7 }), sentAt: fc.integer({ min: 0, max: 1e12 }) });
    fc.assert(
      fc.property(marker, (value) => {
        const text = markedText(value, 200);
        expect(text).toHaveLength(200);
        const bytes = Buffer.from(`42/chat,["message.created",{"clientMessageId":"1-2","text":"${text}"}]`);
        expect(markerIn(bytes, 0, bytes.length)).toEqual(value);
      }),
    );
  });

  it('is not taken from the packet that follows', () => {
    const bytes = Buffer.from('42["a"]@@1.2.3 ');
    expect(markerIn(bytes, 0, 7)).toBeUndefined();
  });
});

describe('order', () => {
  it('counts what comes after a later one of the same sender at the same receiver', () => {
    const watch = new OrderWatch(2, 2);
    for (const [receiver, sender, n] of [
      [0, 0, 1],
      [0, 0, 3],
      [0, 0, 2],
      [0, 0, 3],
      [0, 1, 1],
      [1, 0, 2],
      [1, 0, 3],
    ] as const)
      watch.see(receiver, sender, n);
    expect([watch.reordered, watch.repeated]).toEqual([1, 1]);
  });
});
