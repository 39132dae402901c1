import { describe, expect, it } from 'vitest';
import { encodeAck, encodeEvent, joinPackets } from './packet.js';

/** Whole unmasked text frames, one behind the other (RFC 6455, 5.2). */
function textsIn(frames: Uint8Array): string[] {
  const bytes = Buffer.from(frames);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    expect(bytes[at]).toBe(0x81);
    const short = bytes.readUInt8(at + 1);
    const [length, header] =
      short === 127 ? [Number(bytes.readBigUInt64BE(at + 2)), 10] : short === 126 ? [bytes.readUInt16BE(at + 2), 4] : [short, 2];
    texts.push(bytes.toString('utf8', at + header, at + header + length));
    at += header + length;
  }
  return texts;
}

describe('a packet', () => {
  it('is a Socket.IO event on /chat, and a whole WebSocket frame of it', () => {
    const { texts, frames } = encodeEvent('message.read', { a: 'ä' });
    expect(texts).toEqual(['2/chat,["message.read",{"a":"ä"}]']);
    expect(textsIn(frames)).toEqual(['42/chat,["message.read",{"a":"ä"}]']);
  });

  it('is the answer to a command by its number', () => {
    const { texts, frames } = encodeAck(12, { ok: true });
    expect(texts).toEqual(['3/chat,12[{"ok":true}]']);
    expect(textsIn(frames)).toEqual(['43/chat,12[{"ok":true}]']);
  });

  it.each([90, 125, 126, 127, 65_500, 65_535, 65_536, 70_000])('of about %i bytes says its length as the standard wants', (length) => {
    for (let bytes = length - 2; bytes <= length + 2; bytes += 1) {
      const { texts, frames } = encodeEvent('e', 'x'.repeat(bytes - '42/chat,["e",""]'.length));
      expect(texts[0]).toHaveLength(bytes - 1);
      expect(textsIn(frames)).toEqual([`4${texts[0]}`]);
    }
  });

  it('may hold several, in their order', () => {
    const all = ['one', 'two', 'drei ß'].map((name) => encodeEvent(name, {}));
    const joined = joinPackets(all);
    expect(textsIn(joined.frames)).toEqual(joined.texts.map((text) => `4${text}`));
    expect(joined.texts).toEqual(all.flatMap(({ texts }) => texts));
  });
});
