import {
  DEFAULT_TENANT_SETTINGS,
  defaultRoomSettings,
  ToldPositions,
  type Connection,
  type EncodedPacket,
  type ReceiptEvent,
  type RoomInfo,
  type UserEvent,
  type UserKey,
} from '@parley/domain';
import { SeededRandom } from '@parley/domain/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { BEACON_PARTS } from './head-beacon.js';
import { SocketFanout } from './socket-fanout.js';

class FakeConnection implements Connection {
  readonly rooms = new Set<string>();
  readonly got: string[] = [];
  readonly ended: string[] = [];
  readonly signingKeyId = undefined;
  userVersion = 1;
  readonly told = new ToldPositions();
  readonly idleMs = 0;

  constructor(readonly user: UserKey) {}

  send({ texts }: EncodedPacket): void {
    this.got.push(...texts);
  }

  isOpen = true;
  isLost = false;

  end(reason: string): void {
    this.ended.push(reason);
  }

  lose(): void {
    this.isLost = true;
  }
}

/** Which channels are followed. */
let followed: Set<string>;
let fanout: SocketFanout;
beforeEach(() => {
  followed = new Set();
  fanout = new SocketFanout(new SeededRandom(1), {
    follow: (channel) => void followed.add(channel),
    unfollow: (channel) => void followed.delete(channel),
  });
});

function everyBeacon(): void {
  for (let part = 0; part < BEACON_PARTS; part += 1) fanout.beacon();
}

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

const CREW: RoomInfo = {
  tenantId: 'acme',
  no: 7,
  id: 'crew',
  kind: 'group',
  metadata: {},
  settings: defaultRoomSettings('group', DEFAULT_TENANT_SETTINGS, 100),
  createdAt: new Date(0),
  epoch: 1,
  pts: 1,
  lastSeq: 0,
  floorPts: 0,
  memberCount: 1,
};

const exited = (userPts: number): UserEvent => ({
  id: `entry ${userPts}`,
  type: 'room.exited',
  tenantId: 'acme',
  userNo: 1,
  userPts,
  at: new Date(0),
  data: { room: CREW },
});

/** What a turn of the event loop told rooms is handed over at its end. */
const endOfTurn = (): Promise<void> => new Promise((done) => process.nextTick(done));

describe('case 60: the same numbers in two tenants', () => {
  it('are two rooms', async () => {
    const [here, there] = [joined('acme', 1, 7), joined('other', 1, 7)];
    fanout.toRoom(read('acme', 7));
    await endOfTurn();
    expect([here.got.length, there.got.length]).toEqual([1, 0]);
    expect(here.got[0]).toContain('"tenantId":"acme"');
  });

  it('are two users, who enter, exit and are closed apart', async () => {
    const [here, there] = [joined('acme', 1, 7), joined('other', 1, 7)];
    fanout.exit({ tenantId: 'acme', userNo: 1 }, { tenantId: 'acme', roomNo: 7 });
    fanout.toRoom(read('other', 7));
    fanout.toRoom(read('acme', 7));
    await endOfTurn();
    expect([here.got.length, there.got.length]).toEqual([0, 1]);
    fanout.disconnectUser({ tenantId: 'acme', userNo: 1 }, 'banned');
    expect([here.ended, there.ended]).toEqual([['banned'], []]);
    fanout.disconnectTenant('other', 'tenant-suspended');
    expect([here.ended.length, there.ended]).toEqual([1, ['tenant-suspended']]);
  });

  it('whose names run together do not meet', async () => {
    const [one, two] = [joined('a', 11, 1), joined('a-1', 1, 1)];
    fanout.toRoom(read('a', 11));
    fanout.toRoom(read('a-1', 11));
    await endOfTurn();
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
  it('is gone with the last connection', async () => {
    const connection = joined('acme', 1, 7);
    expect([fanout.count(), fanout.countByTenant()]).toEqual([1, { acme: 1 }]);
    fanout.remove(connection);
    expect([fanout.count(), fanout.countByTenant(), connection.rooms.size]).toEqual([0, {}, 0]);
    fanout.toRoom(read('acme', 7));
    await endOfTurn();
    expect(connection.got).toEqual([]);
  });
});

describe('what one turn tells a room', () => {
  it('reaches a connection as one packet, in order', async () => {
    const connection = joined('acme', 1, 7);
    let packets = 0;
    connection.send = ({ texts }: EncodedPacket): void => {
      packets += 1;
      connection.got.push(...texts);
    };
    for (const seq of [1, 2, 3]) fanout.toRoom({ ...read('acme', 7), seq });
    await endOfTurn();
    expect(packets).toBe(1);
    expect(connection.got.map((text) => /"seq":(\d)/.exec(text)?.[1])).toEqual(['1', '2', '3']);
    expect(fanout.delivered).toBe(3);
  });

  it('reaches who leaves with all that came before, and who enters with nothing of it', async () => {
    const [leaver, newcomer] = [joined('acme', 1, 7), new FakeConnection({ tenantId: 'acme', userNo: 2 })];
    fanout.add(newcomer);
    fanout.toRoom({ ...read('acme', 7), seq: 1 });
    fanout.enter({ tenantId: 'acme', userNo: 2 }, { tenantId: 'acme', roomNo: 7 });
    fanout.toRoom({ ...read('acme', 7), seq: 2 });
    fanout.exit({ tenantId: 'acme', userNo: 1 }, { tenantId: 'acme', roomNo: 7 });
    fanout.toRoom({ ...read('acme', 7), seq: 3 });
    await endOfTurn();
    const seqs = ({ got }: FakeConnection): (string | undefined)[] => got.map((text) => /"seq":(\d)/.exec(text)?.[1]);
    expect([seqs(leaver), seqs(newcomer)]).toEqual([
      ['1', '2'],
      ['2', '3'],
    ]);
  });
});

describe('heads', () => {
  it('are told to listeners with the next beacon, once', () => {
    const [here, there] = [joined('acme', 1, 7), joined('acme', 2, 8)];
    fanout.head({ tenantId: 'acme', roomNo: 7, roomId: 'crew', epoch: 2, pts: 9 });
    everyBeacon();
    everyBeacon();
    expect([here.got, there.got]).toEqual([['2/chat,["room.head",{"heads":[{"roomId":"crew","epoch":2,"pts":9}],"userPts":0}]'], []]);
    expect([fanout.isServed({ tenantId: 'acme', roomNo: 7 }), fanout.isServed({ tenantId: 'other', roomNo: 7 })]).toEqual([true, false]);
  });

  it('are told to few at a time, and to each once in a round', () => {
    const crowd = Array.from({ length: 500 }, (_, userNo) => joined('acme', userNo, 7));
    fanout.head({ tenantId: 'acme', roomNo: 7, roomId: 'crew', epoch: 1, pts: 1 });
    let told = 0;
    for (let part = 0; part < BEACON_PARTS; part += 1) {
      fanout.beacon();
      const sum = crowd.reduce((all, { got }) => all + got.length, 0);
      expect(sum - told).toBe(500 / BEACON_PARTS);
      told = sum;
    }
    everyBeacon();
    expect(crowd.map(({ got }) => got.length)).toEqual(crowd.map(() => 1));
  });

  it.each([0, 1, 17, BEACON_PARTS - 1, BEACON_PARTS])(
    'that change after %i parts of a round are told to everybody once within the next',
    (before) => {
      const crowd = Array.from({ length: 2 * BEACON_PARTS }, (_, userNo) => joined('acme', userNo, 7));
      for (let part = 0; part < before; part += 1) fanout.beacon();
      fanout.head({ tenantId: 'acme', roomNo: 7, roomId: 'crew', epoch: 1, pts: 5 });
      everyBeacon();
      expect(crowd.map(({ got }) => got.length)).toEqual(crowd.map(() => 1));
      everyBeacon();
      everyBeacon();
      expect(crowd.map(({ got }) => got.length)).toEqual(crowd.map(() => 1));
    },
  );

  it('of a room that was left, or dissolved, are not told', () => {
    const [left, dissolved, gone] = [joined('acme', 1, 7), joined('acme', 2, 8), joined('acme', 3, 7)];
    for (const roomNo of [7, 8]) fanout.head({ tenantId: 'acme', roomNo, roomId: 'crew', epoch: 1, pts: 5 });
    fanout.exit(left.user, { tenantId: 'acme', roomNo: 7 });
    fanout.dissolve({ tenantId: 'acme', roomNo: 8 });
    fanout.remove(gone);
    everyBeacon();
    expect([left.got, dissolved.got, gone.got]).toEqual([[], [], []]);
  });

  it('do not fall back to what was read before', () => {
    const here = joined('acme', 1, 7);
    for (const [epoch, pts] of [
      [2, 9],
      [2, 8],
      [1, 30],
    ] as const)
      fanout.head({ tenantId: 'acme', roomNo: 7, roomId: 'crew', epoch, pts });
    everyBeacon();
    expect(here.got).toEqual([expect.stringContaining('{"roomId":"crew","epoch":2,"pts":9}')]);
  });

  it('of a user are behind where an open connection was sent less', () => {
    const user = { tenantId: 'acme', userNo: 1 };
    const [connection, second] = [joined('acme', 1, 7), joined('acme', 1, 7)];
    second.isOpen = false;
    connection.told.reach(3);
    expect([fanout.behind(user, 3), fanout.behind(user, 5), fanout.behind({ tenantId: 'other', userNo: 1 }, 5)]).toEqual([
      undefined,
      3,
      undefined,
    ]);
    expect(fanout.usersOf('acme')).toEqual([1]);
  });
});

describe('entries of a user’s own log', () => {
  it('are told each connection once, and one that was lost is not forgotten for the next', () => {
    const user = { tenantId: 'acme', userNo: 1 };
    const [early, late] = [joined('acme', 1, 7), joined('acme', 1, 7)];
    early.told.reach(3);
    late.told.reach(4);
    for (const userPts of [6, 6]) fanout.toUser(exited(userPts));
    expect([early.got.length, late.got.length, fanout.behind(user, 6)]).toEqual([1, 1, 3]);
    for (const userPts of [4, 5, 6]) fanout.toUser(exited(userPts));
    expect([early.got.length, late.got.length, fanout.behind(user, 6)]).toEqual([3, 2, undefined]);
  });
});

describe('a room', () => {
  it('is closed to who only reads, and stays open to who is inside', () => {
    const room = { tenantId: 'acme', roomNo: 7 };
    const [member, guest, reader] = [joined('acme', 1, 7), joined('acme', 3, 8), new FakeConnection({ tenantId: 'acme', userNo: 2 })];
    fanout.add(reader);
    fanout.subscribe(reader, room, true);
    fanout.subscribe(guest, room, true);
    fanout.subscribe(guest, room);
    fanout.closeToReaders(room);
    expect([member, reader, guest].map(({ rooms }) => rooms.size)).toEqual([1, 0, 2]);
  });

  it('makes no reader of who is inside already', () => {
    const room = { tenantId: 'acme', roomNo: 7 };
    const member = joined('acme', 1, 7);
    fanout.subscribe(member, room, true);
    fanout.closeToReaders(room);
    expect(member.rooms.size).toBe(1);
  });

  it('that is interrupted loses the transports of its listeners, and no others', () => {
    const [here, there] = [joined('acme', 1, 7), joined('acme', 2, 8)];
    fanout.interrupt({ tenantId: 'acme', roomNo: 7 });
    expect([here.isLost, there.isLost]).toEqual([true, false]);
  });

  it('is not opened to a connection that is gone', () => {
    const gone = joined('acme', 1, 7);
    fanout.remove(gone);
    fanout.subscribe(gone, { tenantId: 'acme', roomNo: 7 });
    expect(fanout.isServed({ tenantId: 'acme', roomNo: 7 })).toBe(false);
  });
});

describe('messages of other nodes', () => {
  const room = { tenantId: 'acme', roomNo: 7 };

  it('are asked for as long as somebody is here to be told', () => {
    const [ann, phone, bo] = [joined('acme', 1, 7), joined('acme', 1, 7), joined('acme', 2, 7)];
    expect([...followed].sort()).toEqual(['room/acme/7', 'user/acme/1', 'user/acme/2']);
    fanout.remove(ann);
    fanout.unsubscribe(bo, room);
    expect([...followed].sort()).toEqual(['room/acme/7', 'user/acme/1', 'user/acme/2']);
    fanout.remove(phone);
    expect([...followed]).toEqual(['user/acme/2']);
    fanout.remove(bo);
    expect([...followed]).toEqual([]);
  });

  it('are asked for where only the dashboard looks, and after a dissolved room no more', () => {
    const stop = fanout.watch(room, () => undefined);
    const ann = joined('acme', 1, 7);
    fanout.remove(ann);
    expect([...followed]).toEqual(['room/acme/7']);
    stop();
    expect([...followed]).toEqual([]);
    joined('acme', 1, 7);
    fanout.dissolve(room);
    expect([...followed]).toEqual(['user/acme/1']);
  });
});

describe('rights that have changed without a word', () => {
  it('close connections that were let in before', () => {
    const [ann, phone] = [joined('acme', 1, 7), joined('acme', 1, 7)];
    phone.userVersion = 2;
    fanout.outdate({ tenantId: 'acme', userNo: 1 }, 2);
    expect([ann.isLost, phone.isLost]).toEqual([true, false]);
  });
});
