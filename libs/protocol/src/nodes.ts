import { z } from 'zod';
import { route } from './contract.js';
import { operatorRoute } from './operator-route.js';
import { Count, Time } from './primitives.js';

const NodeId = z.uuid();

export const NodeSchema = z
  .object({
    id: NodeId,
    role: z.enum(['all', 'api', 'worker']),
    version: z.string(),
    url: z.string().optional().describe('Where clients reach this very process'),
    startedAt: Time,
    beatAt: Time.describe('When it was last heard of'),
    state: z
      .enum(['serving', 'not-ready', 'draining', 'suspect', 'gone'])
      .describe('`gone`: not heard of for 10 s. `suspect`: clients and a node could not reach it'),
    connections: Count,
    messagesPerSecond: z.number(),
    eventLoopDelayMs: z
      .number()
      .describe('How late the event loop is in its latest moments: the median of several readings of two seconds'),
    memoryBytes: Count,
    redis: z.enum(['none', 'up', 'down']),
    isSelf: z.boolean().describe('It is the node that answers'),
  })
  .meta({ id: 'Node' });
export type NodeShape = z.output<typeof NodeSchema>;

export const nodeRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/admin/nodes',
    tag: 'Nodes',
    summary: 'The processes of this installation, the oldest first; those of the last day',
    ...operatorRoute,
    role: 'viewer',
    input: z.strictObject({}),
    output: z.object({ items: z.array(NodeSchema) }),
  }),
  drain: route({
    method: 'POST',
    path: '/v1/admin/nodes/:nodeId/drain',
    tag: 'Nodes',
    summary: 'Empty a node: it takes nobody in, and its clients are sent elsewhere over some seconds',
    description: 'Within a few seconds. The process goes on running, and takes clients again after `resume`.',
    ...operatorRoute,
    role: 'admin',
    input: z.strictObject({ nodeId: NodeId }),
    output: z.object({ node: NodeSchema }),
  }),
  resume: route({
    method: 'POST',
    path: '/v1/admin/nodes/:nodeId/resume',
    tag: 'Nodes',
    summary: 'Let a drained node take clients again',
    ...operatorRoute,
    role: 'admin',
    input: z.strictObject({ nodeId: NodeId }),
    output: z.object({ node: NodeSchema }),
  }),
};

/** Comma-separated ids. */
const NodeIds = z
  .string()
  .max(200)
  .transform((text) => text.split(',').filter(Boolean))
  .pipe(z.array(NodeId).max(5));

export const connectRoutes = {
  find: route({
    method: 'GET',
    path: '/v1/connect',
    tag: 'Nodes',
    summary: 'Where a client should connect, for installations without a load balancer',
    description:
      'The least loaded healthy nodes, the best first; at most five. Needs no credential. `unreachable` names nodes that the client could not reach: they are left out, and tried from here. Where nodes have no address of their own (`PARLEY_NODE_URL`) there are none, and `url` is that of the installation; absent, it is where you asked.',
    audience: ['public'],
    input: z.strictObject({ unreachable: NodeIds.optional() }),
    output: z.object({ url: z.string().optional(), nodes: z.array(z.object({ nodeId: NodeId, url: z.string() })) }),
    errors: ['unavailable'],
  }),
};
