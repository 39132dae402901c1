import { SYNC_ROOMS_MAX } from '@parley/domain';
import { z } from 'zod';
import { command, route } from './contract.js';
import { RoomEnvelope, UserEnvelope } from './events.js';
import { Count, Position, queryInt, RoomIdSchema, Time } from './primitives.js';
import { Problem } from './problem.js';
import { User } from './users.js';

const Cursor = z.object({ userId: z.string(), readSeq: Position, deliveredSeq: Position });
export const Receipts = z.object({ cursors: z.array(Cursor), memberCount: Count }).meta({ id: 'Receipts' });

/** Exactly one of three: a slice, a reset, an error. */
export const RoomSync = z
  .object({
    roomId: z.string(),
    epoch: z.number().int().optional(),
    events: z.array(RoomEnvelope).optional(),
    pts: Position.optional(),
    complete: z.boolean().optional(),
    receipts: Receipts.optional(),
    reset: z.literal(true).optional(),
    error: Problem.optional(),
  })
  .meta({ id: 'RoomSync' });
export type RoomSync = z.output<typeof RoomSync>;

export const SyncAnswer = z.object({
  user: z.object({ events: z.array(UserEnvelope), pts: Position, complete: z.boolean() }).optional(),
  rooms: z.array(RoomSync),
});
export type SyncAnswer = z.output<typeof SyncAnswer>;

const input = z.strictObject({
  userPts: Position.optional(),
  rooms: z
    .array(z.strictObject({ roomId: RoomIdSchema, epoch: z.number().int().min(0).optional(), afterPts: Position }))
    .max(SYNC_ROOMS_MAX),
});

export const syncRoutes = {
  sync: route({
    method: 'POST',
    path: '/v1/sync',
    tag: 'Sync',
    summary: 'What happened after the positions a client keeps, in up to 100 rooms',
    description: 'At most 1,000 events; repeat from the `pts` covered until `complete`. `reset` = reload that room.',
    audience: ['user'],
    cost: 4,
    input,
    output: SyncAnswer,
  }),
  events: route({
    method: 'GET',
    path: '/v1/rooms/:roomId/events',
    tag: 'Sync',
    summary: 'Events of one room after a position',
    audience: ['user', 'key'],
    cost: 2,
    scope: 'rooms:read',
    input: z.strictObject({
      roomId: RoomIdSchema,
      afterPts: queryInt(0, Number.MAX_SAFE_INTEGER).default(0),
      limit: queryInt(1, 100).default(100),
      epoch: queryInt(0, 2_147_483_647).optional(),
    }),
    output: z.object({ events: z.array(RoomEnvelope), epoch: z.number().int(), pts: Position, complete: z.boolean() }),
    errors: ['banned', 'not-a-member', 'pts-too-old'],
  }),
};

export const syncCommands = {
  sync: command({
    name: 'sync',
    namespace: '/chat',
    summary: 'What happened after the positions a client keeps',
    cost: 4,
    isPatient: true,
    input,
    output: SyncAnswer,
  }),
};

/** What `auth.resume` of the handshake holds. */
export const Resume = z.strictObject({
  userPts: Position.optional(),
  rooms: z.record(RoomIdSchema, Position).optional(),
});
export type Resume = z.output<typeof Resume>;

export const SessionReady = z
  .object({
    user: User,
    device: z.string().optional(),
    serverTime: Time,
    features: z.array(z.string()),
    userPts: Position,
    unreadTotal: Count,
    rooms: z.array(
      z.object({
        roomId: z.string(),
        epoch: z.number().int(),
        pts: Position,
        lastSeq: Position,
        readSeq: Position,
        unread: Count,
        complete: z.boolean().describe('False: events are missing, call sync'),
      }),
    ),
    more: z.boolean(),
  })
  .meta({ id: 'SessionReady' });
export type SessionReady = z.output<typeof SessionReady>;

export const RoomHead = z
  .object({ heads: z.array(z.object({ roomId: z.string(), epoch: z.number().int(), pts: Position })), userPts: Position })
  .meta({ id: 'RoomHead' });
export type RoomHead = z.output<typeof RoomHead>;
