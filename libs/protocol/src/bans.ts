import { z } from 'zod';
import { route } from './contract.js';
import { MAX_SECONDS, Nothing, PageQuery, pageOfSchema, RoomIdSchema, Seconds, text, Time, UserIdSchema } from './primitives.js';

export const Ban = z
  .object({
    id: z.string(),
    userId: z.string(),
    roomId: z.string().optional().describe('Absent = the whole tenant'),
    reason: z.string().optional(),
    createdAt: Time,
    createdBy: z.string(),
    createdByKind: z.enum(['user', 'key', 'operator', 'system']),
    expiresAt: Time.optional(),
  })
  .meta({ id: 'Ban' });
export type Ban = z.output<typeof Ban>;

export const banFields = {
  userId: UserIdSchema,
  reason: text(500).optional(),
  expiresInSeconds: Seconds(MAX_SECONDS).optional().describe('Absent = until lifted'),
  deleteMessages: z.boolean().optional().describe('Also take back what the user said'),
};
export const banListFields = { userId: UserIdSchema.optional(), ...PageQuery };

export const banRoutes = {
  banFromRoom: route({
    method: 'POST',
    path: '/v1/rooms/:roomId/bans',
    tag: 'Bans',
    summary: 'Ban a user from a room',
    status: 201,
    idempotency: 'key',
    audience: ['user', 'key'],
    scope: 'bans:write',
    input: z.strictObject({ roomId: RoomIdSchema, ...banFields }),
    output: z.object({ ban: Ban }),
    errors: ['banned', 'not-a-member'],
  }),
  liftFromRoom: route({
    method: 'DELETE',
    path: '/v1/rooms/:roomId/bans/:userId',
    tag: 'Bans',
    summary: 'Lift a room ban',
    status: 204,
    audience: ['user', 'key'],
    scope: 'bans:write',
    input: z.strictObject({ roomId: RoomIdSchema, userId: UserIdSchema }),
    output: Nothing,
    errors: ['banned', 'not-a-member'],
  }),
  listOfRoom: route({
    method: 'GET',
    path: '/v1/rooms/:roomId/bans',
    tag: 'Bans',
    summary: 'Bans of a room in force, newest first',
    audience: ['user', 'key'],
    scope: 'rooms:read',
    input: z.strictObject({ roomId: RoomIdSchema, ...banListFields }),
    output: pageOfSchema(Ban),
    errors: ['banned', 'not-a-member'],
  }),
  banFromTenant: route({
    method: 'POST',
    path: '/v1/bans',
    tag: 'Bans',
    summary: 'Ban a user from the whole tenant',
    status: 201,
    idempotency: 'key',
    audience: ['key'],
    scope: 'bans:write',
    input: z.strictObject(banFields),
    output: z.object({ ban: Ban }),
  }),
  liftFromTenant: route({
    method: 'DELETE',
    path: '/v1/bans/:userId',
    tag: 'Bans',
    summary: 'Lift a tenant ban',
    status: 204,
    audience: ['key'],
    scope: 'bans:write',
    input: z.strictObject({ userId: UserIdSchema }),
    output: Nothing,
  }),
  list: route({
    method: 'GET',
    path: '/v1/bans',
    tag: 'Bans',
    summary: 'Bans in force, newest first',
    audience: ['key'],
    scope: 'users:read',
    input: z.strictObject({ scope: z.enum(['tenant', 'room']).optional(), ...banListFields }),
    output: pageOfSchema(Ban),
  }),
};
