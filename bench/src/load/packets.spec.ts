import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandPacket, connectPacket, HotPackets, parsePacket } from './packets.ts';

const hot = new HotPackets('/chat', 'message.created');
/** In the middle of other bytes, as a frame lies in a chunk. */
const placed = (text: string): readonly [Buffer, number, number] => {
  const before = Buffer.from('~~~');
  const bytes = Buffer.from(text);
  return [Buffer.concat([before, bytes, Buffer.from('true}]')]), before.length, before.length + bytes.length];
};

describe('packets', () => {
  it('writes what a Socket.IO server reads', () => {
    expect(connectPacket('/chat', { token: 't' })).toBe('40/chat,{"token":"t"}');
    expect(commandPacket('/chat', 12, 'message.send', { text: 'a' })).toBe('42/chat,12["message.send",{"text":"a"}]');
  });

  it.each([
    ['0{"sid":"x"}', { kind: 'open' }],
    ['2', { kind: 'ping' }],
    ['40/chat,{"sid":"a"}', { kind: 'connect', namespace: '/chat', data: { sid: 'a' } }],
    ['40', { kind: 'connect', namespace: '/', data: undefined }],
    ['44/chat,{"message":"no"}', { kind: 'connect-error', namespace: '/chat', data: { message: 'no' } }],
    ['41/chat,', { kind: 'disconnect', namespace: '/chat', data: undefined }],
    ['42/chat,["a",1]', { kind: 'event', namespace: '/chat', args: ['a', 1] }],
    ['42["a"]', { kind: 'event', namespace: '/', args: ['a'] }],
    ['43/chat,7[{"ok":true}]', { kind: 'ack', namespace: '/chat', id: 7, args: [{ ok: true }] }],
    ['43/chat,["no id"]', { kind: 'unknown' }],
    ['42/chat,{broken', { kind: 'unknown' }],
    ['9', { kind: 'unknown' }],
    ['', { kind: 'unknown' }],
  ])('reads %s', (text, packet) => {
    expect(parsePacket(text)).toEqual(packet);
  });

  it('tells acks and events apart by their bytes', () => {
    expect(hot.ackAt(...placed('43/chat,4711[{"ok":true,"message":{}}]'))).toEqual({ id: 4711, isOk: true });
    expect(hot.ackAt(...placed('43/chat,3[{"ok":false,"error":{}}]'))).toEqual({ id: 3, isOk: false });
    expect(hot.ackAt(...placed('43/chat,3[{"message":{},"ok":true}]'))).toEqual({ id: 3, isOk: undefined });
    expect(hot.ackAt(...placed('43/chat,3[{"ok":'))?.isOk, 'never reads past the end').toBeUndefined();
    expect(hot.ackAt(...placed('43/other,3[{"ok":true}]'))).toBeUndefined();
    expect(hot.isEvent(...placed('42/chat,["message.created",{}]'))).toBe(true);
    expect(hot.isEvent(...placed('42/chat,["message.deleted",{}]'))).toBe(false);
    expect(hot.isEvent(...placed('42/chat,["mess'))).toBe(false);
  });

  it('agrees with the full parser on every ack', () => {
    fc.assert(
      fc.property(fc.nat(), fc.boolean(), fc.json(), (id, ok, rest) => {
        const text = `43/chat,${id}[{"ok":${ok},"rest":${rest}}]`;
        const packet = parsePacket(text);
        expect(packet).toMatchObject({ kind: 'ack', id });
        expect(hot.ackAt(...placed(text))).toEqual({ id, isOk: ok });
      }),
    );
  });
});
