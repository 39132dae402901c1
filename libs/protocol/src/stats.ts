import { z } from 'zod';
import { route } from './contract.js';
import { operatorRoute } from './operator-route.js';
import { Count, Time } from './primitives.js';
import { Figures } from './users.js';

/** The live figures of one node. Rates are per second over the last few seconds; times are milliseconds. */
export const Stats = z
  .object({
    at: Time,
    connections: Count,
    connectionsByTenant: z.record(z.string(), Count),
    messagesPerSecond: z.number(),
    deliveriesPerSecond: z.number(),
    ackP50Ms: z.number(),
    ackP99Ms: z.number(),
    eventLoopDelayMs: z.number(),
    memoryBytes: Count,
    uptimeSeconds: z.number(),
  })
  .meta({ id: 'Stats' });
export type Stats = z.output<typeof Stats>;

export const Overview = z
  .object({
    stats: Stats,
    history: z.array(Stats).describe('The last five minutes, oldest first'),
    tenants: z.object({ tenants: Count, suspendedTenants: Count, totals: Figures }),
    health: z.object({
      ready: z.boolean(),
      checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string().optional() })),
      durability: z.enum(['full', 'degraded']),
    }),
    node: z.object({ version: z.string(), nodeVersion: z.string(), profile: z.string(), startedAt: Time, schemaVersion: z.string() }),
  })
  .meta({ id: 'Overview' });
export type Overview = z.output<typeof Overview>;

export const statsRoutes = {
  overview: route({
    method: 'GET',
    path: '/v1/admin/stats',
    tag: 'Overview',
    summary: 'Live figures and health of this server',
    ...operatorRoute,
    role: 'viewer',
    input: z.strictObject({}),
    output: Overview,
  }),
};
