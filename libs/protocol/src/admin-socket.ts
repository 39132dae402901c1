import { z } from 'zod';
import { command, type EventSpec } from './contract.js';
import { RoomEnvelope } from './events.js';
import { tenantPath } from './operator-route.js';
import { RoomIdSchema } from './primitives.js';
import { Stats } from './stats.js';

/** Commands and events of the dashboard's namespace. */
export const adminCommands = {
  watchRoom: command({
    name: 'room.watch',
    namespace: '/admin',
    summary: 'Receive a room’s events as `room.event`; reading is audited. One room at a time.',
    input: z.strictObject({ ...tenantPath, roomId: RoomIdSchema }),
    output: z.object({}),
  }),
  unwatchRoom: command({
    name: 'room.unwatch',
    namespace: '/admin',
    summary: 'Stop watching',
    input: z.strictObject({}),
    output: z.object({}),
  }),
};

export const adminEvents: readonly EventSpec[] = [
  { name: 'stats.changed', namespace: '/admin', summary: 'Live figures, every two seconds', schema: Stats, log: 'none' },
  { name: 'room.event', namespace: '/admin', summary: 'An event of the watched room', schema: RoomEnvelope, log: 'none' },
];
