import { OPERATOR_ROLES } from '@parley/domain';
import { z } from 'zod';
import { route } from './contract.js';
import { operatorRoute } from './operator-route.js';
import { Nothing, PageQuery, pageOfSchema, Seconds, TenantIdSchema, text, Time } from './primitives.js';

const RoleSchema = z.enum(OPERATOR_ROLES);

export const Operator = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: RoleSchema.optional(),
    tenantRoles: z.array(z.object({ tenantId: z.string(), role: RoleSchema })),
    mustChangePassword: z.boolean(),
    createdAt: Time,
    lastLoginAt: Time.optional(),
    disabledAt: Time.optional(),
  })
  .meta({ id: 'Operator' });
export type Operator = z.output<typeof Operator>;

export const OperatorToken = z
  .object({ id: z.string(), name: z.string(), createdAt: Time, expiresAt: Time.optional(), lastUsedAt: Time.optional() })
  .meta({ id: 'OperatorToken' });
export type OperatorToken = z.output<typeof OperatorToken>;

/** `csrf` goes into the header `Parley-Csrf` of every changing request made with the session cookie. */
export const Session = z.object({ operator: Operator, csrf: z.string().optional(), serverVersion: z.string() }).meta({ id: 'Session' });
export type Session = z.output<typeof Session>;

export const sessionRoutes = {
  signIn: route({
    method: 'POST',
    path: '/v1/admin/session',
    tag: 'Sessions',
    summary: 'Sign in to the dashboard',
    audience: ['public'],
    input: z.strictObject({ email: z.string().min(1).max(320), password: z.string().min(1).max(1_000) }),
    output: Session,
    errors: ['rate-limited'],
  }),
  current: route({
    method: 'GET',
    path: '/v1/admin/session',
    tag: 'Sessions',
    summary: 'Who is signed in',
    ...operatorRoute,
    beforePasswordChange: true,
    input: z.strictObject({}),
    output: Session,
  }),
  signOut: route({
    method: 'DELETE',
    path: '/v1/admin/session',
    tag: 'Sessions',
    summary: 'Sign out',
    status: 204,
    ...operatorRoute,
    beforePasswordChange: true,
    input: z.strictObject({}),
    output: Nothing,
  }),
  changePassword: route({
    method: 'POST',
    path: '/v1/admin/session/password',
    tag: 'Sessions',
    summary: 'Change the own password; ends all other sessions',
    ...operatorRoute,
    beforePasswordChange: true,
    input: z.strictObject({ currentPassword: z.string().min(1).max(1_000), newPassword: z.string().min(1).max(1_000) }),
    output: Session,
  }),
};

export const operatorRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/admin/operators',
    tag: 'Operators',
    summary: 'Operators',
    ...operatorRoute,
    role: 'admin',
    input: z.strictObject(PageQuery),
    output: pageOfSchema(Operator),
  }),
  create: route({
    method: 'POST',
    path: '/v1/admin/operators',
    tag: 'Operators',
    summary: 'A new operator with a one-time password',
    status: 201,
    ...operatorRoute,
    role: 'owner',
    input: z.strictObject({
      email: z.email().max(320),
      name: text(100).optional(),
      role: RoleSchema.optional(),
      tenantId: TenantIdSchema.optional().describe('Absent = platform-wide'),
    }),
    output: z.object({ operator: Operator, password: z.string() }),
    errors: ['conflict'],
  }),
  disable: route({
    method: 'POST',
    path: '/v1/admin/operators/:operatorId/disable',
    tag: 'Operators',
    summary: 'Lock an operator out',
    status: 204,
    ...operatorRoute,
    role: 'owner',
    input: z.strictObject({ operatorId: z.uuid() }),
    output: Nothing,
  }),
  enable: route({
    method: 'POST',
    path: '/v1/admin/operators/:operatorId/enable',
    tag: 'Operators',
    summary: 'Let an operator in again',
    status: 204,
    ...operatorRoute,
    role: 'owner',
    input: z.strictObject({ operatorId: z.uuid() }),
    output: Nothing,
  }),
  listTokens: route({
    method: 'GET',
    path: '/v1/admin/tokens',
    tag: 'Operators',
    summary: 'Own personal access tokens',
    ...operatorRoute,
    input: z.strictObject({}),
    output: z.object({ items: z.array(OperatorToken) }),
  }),
  createToken: route({
    method: 'POST',
    path: '/v1/admin/tokens',
    tag: 'Operators',
    summary: 'A personal access token for chatctl; shown once',
    status: 201,
    ...operatorRoute,
    input: z.strictObject({ name: text(100), expiresInSeconds: Seconds(315_360_000).optional() }),
    output: z.object({ token: OperatorToken, secret: z.string() }),
  }),
  revokeToken: route({
    method: 'DELETE',
    path: '/v1/admin/tokens/:tokenId',
    tag: 'Operators',
    summary: 'Revoke an own token',
    status: 204,
    ...operatorRoute,
    input: z.strictObject({ tokenId: z.uuid() }),
    output: Nothing,
  }),
};
