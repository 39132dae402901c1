import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader, PING, TEXT } from './frames.ts';

/** The same frame as a server sends it: without mask. */
function fromServer(payload: Buffer, opcode = TEXT): Buffer {
  const masked = encodeFrame(payload, opcode);
  const headLength = masked.length - payload.length - 4;
  const head = Buffer.from(masked.subarray(0, headLength));
  head[1] = (head[1] ?? 0) & 0x7f;
  return Buffer.concat([head, payload]);
}

function read(chunks: readonly Buffer[]): { opcode: number; payload: string }[] {
  const frames: { opcode: number; payload: string }[] = [];
  const reader = new FrameReader((opcode, bytes, start, end) => frames.push({ opcode, payload: bytes.toString('utf8', start, end) }));
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    reader.push(reused);
    reused.fill(0);
  }
  return frames;
}

describe('frames', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 70_000])('has the right header for %i bytes, masked with zeros', (length) => {
    const frame = encodeFrame('x'.repeat(length));
    expect(frame[0]).toBe(0x81);
    expect((frame[1] ?? 0) & 0x80).toBe(0x80);
    expect((frame[1] ?? 0) & 0x7f).toBe(length < 126 ? length : length < 65_536 ? 126 : 127);
    expect(frame.length).toBe(length + 6 + (length < 126 ? 0 : length < 65_536 ? 2 : 8));
    expect(frame.subarray(frame.length - length).toString()).toBe('x'.repeat(length));
  });

  it('cuts the same frames out of any cutting of the stream, while the caller reuses its buffer', () => {
    const payloads = fc.array(
      fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constantFrom('y'.repeat(126), 'z'.repeat(66_000))),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(payloads, fc.array(fc.nat(400), { maxLength: 40 }), (texts, cuts) => {
        const stream = Buffer.concat(texts.map((text) => fromServer(Buffer.from(text))));
        const chunks: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(stream.subarray(at, at + cut));
          at += cut;
        }
        expect(read([...chunks, stream.subarray(Math.min(at, stream.length))])).toEqual(
          texts.map((payload) => ({ opcode: TEXT, payload })),
        );
      }),
    );
  });

  it('names control frames', () => {
    expect(read([fromServer(Buffer.from('hi'), PING)])).toEqual([{ opcode: PING, payload: 'hi' }]);
  });

  it('refuses what a Socket.IO server never sends', () => {
    expect(() => read([Buffer.from([0x01, 0x01, 0x61])])).toThrow('fragmented');
    expect(() => read([encodeFrame('a')])).toThrow('masked');
    expect(() => read([Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0])])).toThrow('a frame of');
  });
});
