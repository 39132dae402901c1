import { z } from 'zod';
import { Ban } from './bans.js';
import { route } from './contract.js';
import { base, inTenant, operatorRoute } from './operator-route.js';
import { PageQuery, pageOfSchema, UserIdList, UserIdSchema } from './primitives.js';
import { presenceAnswer } from './presence.js';
import { adminUserFilter, User, userProfileFields } from './users.js';

export const AdminUser = User.extend({ ban: Ban.optional() }).meta({ id: 'AdminUser' });

export const adminUserRoutes = {
  list: route({
    method: 'GET',
    path: `${base}/users`,
    tag: 'Users of a tenant',
    summary: 'Users by id',
    cost: 2,
    ...operatorRoute,
    role: 'viewer',
    input: inTenant({ ...adminUserFilter, ...PageQuery }),
    output: pageOfSchema(User),
  }),
  get: route({
    method: 'GET',
    path: `${base}/users/:userId`,
    tag: 'Users of a tenant',
    summary: 'One user and the ban that holds',
    ...operatorRoute,
    role: 'viewer',
    input: inTenant({ userId: UserIdSchema }),
    output: z.object({ user: AdminUser }),
  }),
  presence: route({
    method: 'GET',
    path: `${base}/presence`,
    tag: 'Users of a tenant',
    summary: 'Who of up to 100 users is there, as other users see it',
    ...operatorRoute,
    role: 'viewer',
    input: inTenant({ userIds: UserIdList.describe('Up to 100 ids, separated by commas') }),
    output: presenceAnswer,
  }),
  put: route({
    method: 'PUT',
    path: `${base}/users/:userId`,
    tag: 'Users of a tenant',
    summary: 'Create or change a user',
    ...operatorRoute,
    role: 'admin',
    input: inTenant({ userId: UserIdSchema, ...userProfileFields }),
    output: z.object({ user: User }),
  }),
  deactivate: route({
    method: 'POST',
    path: `${base}/users/:userId/deactivate`,
    tag: 'Users of a tenant',
    summary: 'Stop all credentials of a user',
    ...operatorRoute,
    role: 'admin',
    input: inTenant({ userId: UserIdSchema }),
    output: z.object({ user: User }),
  }),
  reactivate: route({
    method: 'POST',
    path: `${base}/users/:userId/reactivate`,
    tag: 'Users of a tenant',
    summary: 'Let a deactivated user in again',
    ...operatorRoute,
    role: 'admin',
    input: inTenant({ userId: UserIdSchema }),
    output: z.object({ user: User }),
  }),
};
