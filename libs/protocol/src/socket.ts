import { z } from 'zod';
import { adminCommands, adminEvents } from './admin-socket.js';
import { command, type CommandSpec, type EventSpec } from './contract.js';
import { chatEvents } from './events.js';
import { messageCommands } from './messages.js';
import { Time } from './primitives.js';
import { Problem } from './problem.js';
import { presenceCommands } from './presence.js';
import { receiptCommands } from './receipts.js';
import { roomCommands } from './rooms.js';
import { typingCommands } from './typing.js';
import { RoomHead, SessionReady, syncCommands } from './sync.js';

export const sessionCommands = {
  renew: command({
    name: 'session.renew',
    namespace: '/chat',
    summary: 'Keep the socket with a newer token of the same user',
    input: z.strictObject({ token: z.string().max(16_000) }),
    output: z.object({ expiresAt: Time }),
  }),
  state: command({
    name: 'session.state',
    namespace: '/chat',
    summary: 'Is the app in front or in the background',
    input: z.strictObject({ state: z.enum(['active', 'background']), roomId: z.string().max(128).optional() }),
    output: z.object({}),
  }),
};

/** Every socket command, by noun. */
export const socketCommands = {
  messages: messageCommands,
  rooms: roomCommands,
  receipts: receiptCommands,
  typing: typingCommands,
  presence: presenceCommands,
  sync: syncCommands,
  session: sessionCommands,
  admin: adminCommands,
} as const;

export const commandTable: ReadonlyMap<string, CommandSpec> = new Map(
  Object.values(socketCommands)
    .flatMap((table): CommandSpec[] => Object.values(table))
    .map((spec) => [`${spec.namespace} ${spec.name}`, spec]),
);

/** Plain objects, not envelopes. */
const sessionEvents: readonly EventSpec[] = [
  {
    name: 'session.ready',
    namespace: '/chat',
    summary: 'Sent once, after what was missed: where everything stands',
    schema: SessionReady,
    log: 'none',
  },
  {
    name: 'session.reconnect',
    namespace: '/chat',
    summary: 'This connection is about to close: come back',
    schema: z.object({ afterMs: z.number().int(), reason: z.string() }),
    log: 'none',
  },
  {
    name: 'session.expiring',
    namespace: '/chat',
    summary: 'The token ends in 60 s: renew',
    schema: z.object({ expiresAt: Time }),
    log: 'none',
  },
  { name: 'session.ended', namespace: '/chat', summary: 'The connection closes for good', schema: Problem, log: 'none' },
  { name: 'room.head', namespace: '/chat', summary: 'The beacon: heads of rooms that changed lately', schema: RoomHead, log: 'none' },
];

export const eventTable: readonly EventSpec[] = [...chatEvents, ...sessionEvents, ...adminEvents];

/** What a server of this version can; named in `/version` and `session.ready`. */
export const FEATURES = [
  'rooms',
  'channels',
  'receipts',
  'sync',
  'resume',
  'bans',
  'mentions',
  'replies',
  'message.delete',
  'typing',
  'presence',
] as const;
export const API_VERSION = '1';
