import { z } from 'zod';
import { Ban, banFields, banListFields } from './bans.js';
import { route } from './contract.js';
import { base, inTenant, operatorRoute } from './operator-route.js';
import { Nothing, PageQuery, pageOfSchema, RoomIdSchema, UserIdSchema } from './primitives.js';

export const adminBanRoutes = {
  list: route({
    method: 'GET',
    path: `${base}/bans`,
    tag: 'Bans of a tenant',
    summary: 'Bans in force, newest first',
    ...operatorRoute,
    role: 'viewer',
    input: inTenant({ scope: z.enum(['tenant', 'room']).optional(), ...banListFields }),
    output: pageOfSchema(Ban),
  }),
  banFromTenant: route({
    method: 'POST',
    path: `${base}/bans`,
    tag: 'Bans of a tenant',
    summary: 'Ban a user from the tenant',
    status: 201,
    ...operatorRoute,
    role: 'moderator',
    input: inTenant(banFields),
    output: z.object({ ban: Ban }),
  }),
  liftFromTenant: route({
    method: 'DELETE',
    path: `${base}/bans/:userId`,
    tag: 'Bans of a tenant',
    summary: 'Lift a tenant ban',
    status: 204,
    ...operatorRoute,
    role: 'moderator',
    input: inTenant({ userId: UserIdSchema }),
    output: Nothing,
  }),
  listOfRoom: route({
    method: 'GET',
    path: `${base}/rooms/:roomId/bans`,
    tag: 'Bans of a tenant',
    summary: 'Bans of a room',
    ...operatorRoute,
    role: 'viewer',
    input: inTenant({ roomId: RoomIdSchema, ...PageQuery }),
    output: pageOfSchema(Ban),
  }),
  banFromRoom: route({
    method: 'POST',
    path: `${base}/rooms/:roomId/bans`,
    tag: 'Bans of a tenant',
    summary: 'Ban a user from a room',
    status: 201,
    ...operatorRoute,
    role: 'moderator',
    input: inTenant({ roomId: RoomIdSchema, ...banFields }),
    output: z.object({ ban: Ban }),
  }),
  liftFromRoom: route({
    method: 'DELETE',
    path: `${base}/rooms/:roomId/bans/:userId`,
    tag: 'Bans of a tenant',
    summary: 'Lift a room ban',
    status: 204,
    ...operatorRoute,
    role: 'moderator',
    input: inTenant({ roomId: RoomIdSchema, userId: UserIdSchema }),
    output: Nothing,
  }),
};
