import type { Connection, EncodedPacket, ReceiptEvent, UserKey } from '@parley/domain';
import { SeededRandom } from '@parley/domain/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeEvent } from './packet.js';
import { SocketFanout } from './socket-fanout.js';

class FakeConnection implements Connection {
  readonly rooms = new Set<string>();
  readonly got: string[] = [];
  readonly ended: string[] = [];
  readonly signingKeyId = undefined;
  userPts = 0;

  constructor(readonly user: UserKey) {}

  send({ text }: EncodedPacket): void {
    this.got.push(text);
  }

  end(reason: string): void {
    this.ended.push(reason);
  }
}

let fanout: SocketFanout;
beforeEach(() => {
  fanout = new SocketFanout(new SeededRandom(1));
});

function joined(tenantId: string, userNo: number, roomNo: number): FakeConnection {
  const connection = new FakeConnection({ tenantId, userNo });
  fanout.add(connection);
  fanout.subscribe(connection, { tenantId, roomNo });
  return connection;
}

const read = (tenantId: string, roomNo: number): ReceiptEvent => ({
  type: 'message.read',
  tenantId,
  roomNo,
  roomId: 'crew',
  user: { no: 1, id: 'ann', name: 'Ann' },
  seq: 1,
  at: new Date(0),
});

describe('case 60: the same numbers in two tenants', () => {
  it('are two rooms', () => {
    const [here, there] = [joined('acme', 1, 7), joined('other', 1, 7)];
    fanout.toRoom(read('acme', 7));
    expect([here.got.length, there.got.length]).toEqual([1, 0]);
    expect(here.got[0]).toContain('"tenantId":"acme"');
  });

  it('are two users, who enter, exit and are closed apart', () => {
    const [here, there] = [joined('acme', 1, 7), joined('other', 1, 7)];
    fanout.exit({ tenantId: 'acme', userNo: 1 }, { tenantId: 'acme', roomNo: 7 });
    fanout.toRoom(read('other', 7));
    fanout.toRoom(read('acme', 7));
    expect([here.got.length, there.got.length]).toEqual([0, 1]);
    fanout.disconnectUser({ tenantId: 'acme', userNo: 1 }, 'banned');
    expect([here.ended, there.ended]).toEqual([['banned'], []]);
    fanout.disconnectTenant('other', 'tenant-suspended');
    expect([here.ended.length, there.ended]).toEqual([1, ['tenant-suspended']]);
  });

  it('whose names run together do not meet', () => {
    const [one, two] = [joined('a', 11, 1), joined('a-1', 1, 1)];
    fanout.toRoom(read('a', 11));
    fanout.toRoom(read('a-1', 11));
    expect([one.got, two.got]).toEqual([[], []]);
  });

  it('are watched apart', () => {
    const seen: unknown[] = [];
    const stop = fanout.watch({ tenantId: 'acme', roomNo: 7 }, (packet) => seen.push(packet));
    fanout.toRoom(read('other', 7));
    expect(seen).toHaveLength(0);
    fanout.toRoom(read('acme', 7));
    stop();
    fanout.toRoom(read('acme', 7));
    expect(seen).toHaveLength(1);
  });
});

describe('what is kept', () => {
  it('is gone with the last connection', () => {
    const connection = joined('acme', 1, 7);
    expect([fanout.count(), fanout.countByTenant()]).toEqual([1, { acme: 1 }]);
    fanout.remove(connection);
    expect([fanout.count(), fanout.countByTenant(), connection.rooms.size]).toEqual([0, {}, 0]);
    fanout.toRoom(read('acme', 7));
    expect(connection.got).toEqual([]);
  });
});

describe('an encoded event', () => {
  it('is a Socket.IO event on /chat, and a whole WebSocket frame of it', () => {
    const { text, frame } = encodeEvent('message.read', { a: 'ä' });
    expect(text).toBe('2/chat,["message.read",{"a":"ä"}]');
    const bytes = Buffer.from(frame);
    expect(bytes[0]).toBe(0x81);
    expect(bytes.subarray(2).toString()).toBe(`4${text}`);
    expect(bytes[1]).toBe(Buffer.byteLength(`4${text}`));
  });
});
