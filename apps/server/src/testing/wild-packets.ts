import { frameOf } from './frames.js';
import type { Seeded } from './seeded.js';

const COMMANDS = [
  'message.send',
  'message.list',
  'message.delete',
  'room.get',
  'room.list',
  'room.join',
  'member.add',
  'receipt.mark',
  'sync',
];
const NAMES = [
  ...COMMANDS,
  'connect',
  'disconnect',
  'newListener',
  '__proto__',
  'constructor',
  'toString',
  '',
  'error',
  'session.ready',
  '🌊',
];
const FIELDS = [
  'roomId',
  'clientMessageId',
  'text',
  'userIds',
  'rooms',
  'afterPts',
  'seq',
  'kind',
  'limit',
  'cursor',
  'metadata',
  '__proto__',
];
const NAMESPACES = ['/chat', '/admin', '/', '', '/nowhere', '/chat/', '/__proto__'];

/** Something that JSON can say, of the kind that is expected or of any other. */
export function wildValue(random: Seeded, depth = 0): unknown {
  const deep = depth > 4;
  switch (random.below(deep ? 9 : 13)) {
    case 0:
      return 'crew';
    case 1:
      return random.pick([null, true, false]);
    case 2:
      return random.pick([0, -0, -1, 1e308, 2 ** 53, 0.1, 4_294_967_296]);
    case 3:
      return random.pick(['', '\u0000', '\ud800', 'a'.repeat(random.below(5_000)), '../..', '[object Object]', 'null', '$ne']);
    case 4:
      return { _placeholder: true, num: random.pick([0, -1, 1e9, 'x', null]) };
    case 5:
      return random.bytes(random.below(40)).toString('latin1');
    case 6:
      return `c-${random.below(1_000_000)}`;
    case 7:
      return [];
    case 8:
      return {};
    case 9:
      return Array.from({ length: random.below(6) }, () => wildValue(random, depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: random.below(6) }, () => [random.pick(FIELDS), wildValue(random, depth + 1)]));
  }
}

/** JSON nested so deep that a careless reader runs out of stack. */
const abyss = (random: Seeded): string => {
  const depth = 1 + random.below(100_000);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  return `${open.repeat(depth)}1${random.below(2) ? close.repeat(depth) : ''}`;
};

const ackId = (random: Seeded): string => random.pick(['', '0', '1', '7', '4294967296', '99999999999999999999', '-1', '1e9', '00']);

/** A command as it should be called, with anything in it. */
export function tamePacket(random: Seeded): string {
  const fields = Object.entries({
    roomId: 'crew',
    clientMessageId: `c-${random.below(1_000)}`,
    text: 'x',
    rooms: [],
    seq: 1,
    kind: 'read',
  });
  const kept = fields.filter(() => random.below(3) > 0).map(([name, value]) => [name, random.below(3) ? value : wildValue(random)]);
  const payload = random.below(4) ? Object.fromEntries(kept) : wildValue(random);
  return `42/chat,${random.below(1_000)}${JSON.stringify([random.pick(COMMANDS), payload])}`;
}

/** A packet of Socket.IO in Engine.IO, right or nearly so. */
export function wildPacket(random: Seeded, token: string): string {
  const namespace = random.pick(NAMESPACES);
  const at = namespace === '' || namespace === '/' ? '' : `${namespace},`;
  const payload = (): string => JSON.stringify([random.pick(NAMES), wildValue(random)]);
  switch (random.below(14)) {
    case 0:
      return `42${at}${ackId(random)}${abyss(random)}`;
    case 1:
      return `42${at}${ackId(random)}["${random.pick(COMMANDS)}",${abyss(random)}]`;
    case 2:
      return `4${random.pick(['5', '6'])}${random.pick(['1-', '10-', '11-', '0-', '-', '999999999-', 'x-', ''])}${at}${ackId(random)}${payload()}`;
    case 3:
      return `43${at}${ackId(random)}${JSON.stringify([wildValue(random)])}`;
    case 4:
      return `40${at}${JSON.stringify(random.pick([{ token }, { token: [token] }, wildValue(random), { token, resume: wildValue(random) }]))}`;
    case 5:
      return random.pick(['41/chat,', '41', '44/chat,"x"', '0{}', '1', '2', '2probe', '3', '3probe', '5', '6', '7', '', '4', '40', '42']);
    default:
      return `42/chat,${ackId(random)}${payload()}`;
  }
}

/** The same text with something missing, doubled, or turned over. */
export function bent(random: Seeded, bytes: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(4)), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([bytes, bytes.subarray(at)]);
    default: {
      const turned = Buffer.from(bytes);
      for (let flips = 1 + random.below(4); flips > 0 && turned.length > 0; flips -= 1) {
        const place = random.below(turned.length);
        turned[place] = (turned[place] ?? 0) ^ (1 << random.below(8));
      }
      return turned;
    }
  }
}

/** A packet in frames: mostly as it should be, so that what is inside is reached. */
export function wildFrames(random: Seeded, packet: Buffer): Buffer {
  switch (random.below(14)) {
    case 0:
      return bent(random, frameOf(packet));
    case 1:
      return frameOf(packet, { isMasked: false });
    case 2:
      return frameOf(packet, { reserved: 1 + random.below(7) });
    case 3:
      return frameOf(packet, { opcode: random.below(16), isFinal: random.below(2) === 0 });
    case 4:
      return frameOf(random.bytes(random.below(200)), { opcode: random.pick([8, 9, 10]) });
    case 5:
      return frameOf(packet, { length: random.pick([packet.length + 1, 0, 125, 126, 65_536, 1_000_001, 2 ** 40]) });
    case 6:
      return frameOf(random.bytes(random.below(300)), { opcode: 2 });
    case 7:
      return inPieces(random, packet, random.below(4) > 0);
    default:
      return frameOf(packet);
  }
}

/** The same, as RFC 6455 allows it: whole or in pieces, with a ping in between. */
export function tameFrames(random: Seeded, packet: Buffer): Buffer {
  switch (random.below(6)) {
    case 0:
      return inPieces(random, packet, true);
    case 1:
      return Buffer.concat([frameOf(random.bytes(random.below(126)), { opcode: 9 + random.below(2) }), frameOf(packet)]);
    default:
      return frameOf(packet);
  }
}

function inPieces(random: Seeded, packet: Buffer, isWhole: boolean): Buffer {
  const size = Math.max(1, Math.ceil(packet.length / (1 + random.below(50))));
  const pieces = Array.from({ length: Math.max(1, Math.ceil(packet.length / size)) }, (_, index) =>
    packet.subarray(index * size, (index + 1) * size),
  );
  return Buffer.concat(
    pieces.flatMap((piece, index) => [
      frameOf(piece, { opcode: index === 0 ? 1 : 0, isFinal: isWhole && index === pieces.length - 1 }),
      ...(random.below(20) === 0 ? [frameOf('', { opcode: 9 })] : []),
    ]),
  );
}
