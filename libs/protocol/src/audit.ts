import { z } from 'zod';
import { route } from './contract.js';
import { base, inTenant, operatorRoute } from './operator-route.js';
import { PageQuery, pageOfSchema, Time } from './primitives.js';

export const AuditRecord = z
  .object({
    number: z.number().int(),
    at: Time,
    action: z.string(),
    actorKind: z.enum(['operator', 'key', 'user', 'system']),
    actorId: z.string(),
    actorName: z.string().optional(),
    target: z.object({ kind: z.string(), id: z.string() }),
    detail: z.record(z.string(), z.unknown()),
    requestId: z.string(),
    ip: z.string().optional(),
    hash: z.string(),
  })
  .meta({ id: 'AuditRecord' });
export type AuditRecord = z.output<typeof AuditRecord>;

export const auditRoutes = {
  ofPlatform: route({
    method: 'GET',
    path: '/v1/admin/audit',
    tag: 'Audit',
    summary: 'What operators did to the installation, newest first',
    cost: 2,
    ...operatorRoute,
    role: 'admin',
    input: z.strictObject({ action: z.string().max(100).optional(), actorId: z.string().max(200).optional(), ...PageQuery }),
    output: pageOfSchema(AuditRecord),
  }),
  ofTenant: route({
    method: 'GET',
    path: `${base}/audit`,
    tag: 'Audit',
    summary: 'What operators and keys did in a tenant, newest first',
    cost: 2,
    ...operatorRoute,
    role: 'admin',
    input: inTenant({ action: z.string().max(100).optional(), actorId: z.string().max(200).optional(), ...PageQuery }),
    output: pageOfSchema(AuditRecord),
  }),
};
