import { z } from 'zod';
import { route } from './contract.js';
import {
  Count,
  ImageUrl,
  Metadata,
  PageQuery,
  pageOfSchema,
  queryBool,
  StoredMetadata,
  text,
  Time,
  UserIdList,
  UserIdSchema,
} from './primitives.js';

export const User = z
  .object({
    id: z.string(),
    name: z.string(),
    image: z.string().optional(),
    metadata: StoredMetadata,
    createdAt: Time,
    updatedAt: Time,
    deactivatedAt: Time.optional(),
  })
  .meta({ id: 'User' });
export type User = z.output<typeof User>;

/** A user beside what it did. */
export const Person = z.object({ id: z.string(), name: z.string().optional(), image: z.string().optional() }).meta({ id: 'Person' });
export type Person = z.output<typeof Person>;

const profile = {
  name: text(100).optional(),
  image: ImageUrl.nullable().optional().describe('http(s) address; null takes it away'),
  metadata: Metadata.optional(),
};

export const userRoutes = {
  me: route({
    method: 'GET',
    path: '/v1/me',
    tag: 'Users',
    summary: 'The calling user',
    audience: ['user'],
    input: z.strictObject({}),
    output: z.object({ user: User }),
  }),
  updateMe: route({
    method: 'PATCH',
    path: '/v1/me',
    tag: 'Users',
    summary: 'Change the own profile',
    audience: ['user'],
    input: z.strictObject({ ...profile, directFrom: z.enum(['everyone', 'friends']).optional().describe('Whose direct messages I take') }),
    output: z.object({ user: User }),
  }),
  put: route({
    method: 'PUT',
    path: '/v1/users/:userId',
    tag: 'Users',
    summary: 'Create or change a user',
    audience: ['key'],
    scope: 'users:write',
    input: z.strictObject({ userId: UserIdSchema, ...profile }),
    output: z.object({ user: User }),
  }),
  putMany: route({
    method: 'POST',
    path: '/v1/users/batch',
    tag: 'Users',
    summary: 'Create or change up to 100 users in one commit',
    cost: 10,
    audience: ['key'],
    scope: 'users:write',
    idempotency: 'key',
    input: z.strictObject({
      users: z
        .array(z.strictObject({ id: UserIdSchema, ...profile }))
        .min(1)
        .max(100),
    }),
    output: z.object({ results: z.array(z.object({ userId: z.string(), status: z.literal('ok') })) }),
  }),
  get: route({
    method: 'GET',
    path: '/v1/users/:userId',
    tag: 'Users',
    summary: 'One user',
    audience: ['user', 'key'],
    scope: 'users:read',
    input: z.strictObject({ userId: UserIdSchema }),
    output: z.object({ user: User }),
  }),
  list: route({
    method: 'GET',
    path: '/v1/users',
    tag: 'Users',
    summary: 'Users by id, or by the beginning of their id or a part of their name',
    cost: 4,
    audience: ['user', 'key'],
    scope: 'users:read',
    input: z.strictObject({
      ids: UserIdList.optional().describe('Up to 100 ids, separated by commas'),
      q: text(100).optional(),
      ...PageQuery,
    }),
    output: pageOfSchema(User),
  }),
  deactivate: route({
    method: 'POST',
    path: '/v1/users/:userId/deactivate',
    tag: 'Users',
    summary: 'Stop all credentials of a user and close its sockets; what it wrote stays',
    audience: ['key'],
    scope: 'users:write',
    input: z.strictObject({ userId: UserIdSchema }),
    output: z.object({ user: User }),
  }),
  reactivate: route({
    method: 'POST',
    path: '/v1/users/:userId/reactivate',
    tag: 'Users',
    summary: 'Let a deactivated user in again',
    audience: ['key'],
    scope: 'users:write',
    input: z.strictObject({ userId: UserIdSchema }),
    output: z.object({ user: User }),
  }),
};

export const userProfileFields = profile;
export const adminUserFilter = { q: text(100).optional(), banned: queryBool.optional(), deactivated: queryBool.optional() };
export const Figures = z.object({ users: Count, rooms: Count, messages: Count, bans: Count });
