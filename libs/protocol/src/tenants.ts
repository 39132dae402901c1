import type { TenantLimits } from '@parley/domain';
import { z } from 'zod';
import { route } from './contract.js';
import { base, inTenant, operatorRoute } from './operator-route.js';
import { PageQuery, pageOfSchema, TenantIdSchema, text, Time } from './primitives.js';
import { Figures } from './users.js';

const limit = (name: keyof TenantLimits) => ({ [name]: z.number().int().min(1).optional() });

const Limits = z.strictObject({
  ...limit('textLength'),
  ...limit('metadataBytes'),
  ...limit('attachments'),
  ...limit('mentions'),
  ...limit('membersPerCall'),
  ...limit('membersPerKeyCall'),
  ...limit('groupMembers'),
  ...limit('sendsPerSecond'),
  ...limit('sendBurst'),
  ...limit('socketsPerUser'),
  ...limit('socketsPerTenant'),
});

export const TenantSettings = z
  .strictObject({
    firstSight: z.boolean(),
    dmPolicy: z.enum(['open', 'privacy', 'friends-only']),
    usersCreateGroups: z.boolean(),
    usersCreateChannels: z.boolean(),
    memberCanInvite: z.boolean(),
    deleteWindowSeconds: z.number().int().min(0).max(315_360_000),
    allowedOrigins: z.array(z.string().max(300)).max(100),
    limits: Limits,
  })
  .meta({ id: 'TenantSettings' });

export const Tenant = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(['active', 'suspended']),
    settings: TenantSettings,
    createdAt: Time,
    updatedAt: Time,
    suspendedAt: Time.optional(),
  })
  .meta({ id: 'Tenant' });
export type Tenant = z.output<typeof Tenant>;

export const tenantRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/admin/tenants',
    tag: 'Tenants',
    summary: 'Tenants by id',
    ...operatorRoute,
    input: z.strictObject({ q: text(100).optional(), status: z.enum(['active', 'suspended']).optional(), ...PageQuery }),
    output: pageOfSchema(Tenant),
  }),
  create: route({
    method: 'POST',
    path: '/v1/admin/tenants',
    tag: 'Tenants',
    summary: 'Provision a tenant',
    status: 201,
    ...operatorRoute,
    role: 'admin',
    input: z.strictObject({ id: TenantIdSchema, name: text(100).optional(), settings: TenantSettings.partial().optional() }),
    output: z.object({ tenant: Tenant }),
    errors: ['conflict'],
  }),
  get: route({
    method: 'GET',
    path: base,
    tag: 'Tenants',
    summary: 'One tenant with its figures',
    ...operatorRoute,
    role: 'viewer',
    input: inTenant({}),
    output: z.object({ tenant: Tenant, figures: Figures }),
  }),
  update: route({
    method: 'PATCH',
    path: base,
    tag: 'Tenants',
    summary: 'Change name or settings',
    ...operatorRoute,
    role: 'admin',
    input: inTenant({ name: text(100).optional(), settings: TenantSettings.partial().optional() }),
    output: z.object({ tenant: Tenant }),
  }),
  suspend: route({
    method: 'POST',
    path: `${base}/suspend`,
    tag: 'Tenants',
    summary: 'Refuse all credentials and close all sockets of a tenant; nothing is lost',
    ...operatorRoute,
    role: 'admin',
    input: inTenant({}),
    output: z.object({ tenant: Tenant }),
  }),
  resume: route({
    method: 'POST',
    path: `${base}/resume`,
    tag: 'Tenants',
    summary: 'Let a suspended tenant in again',
    ...operatorRoute,
    role: 'admin',
    input: inTenant({}),
    output: z.object({ tenant: Tenant }),
  }),
};
