import { LAST_SEEN, PRESENCE_STATUSES, PRESENCE_WISHES } from '@parley/domain';
import { z } from 'zod';
import { command, route } from './contract.js';
import { Count, Time, UserIdList, UserIds } from './primitives.js';

export const Presence = z
  .object({
    userId: z.string(),
    status: z.enum(PRESENCE_STATUSES).describe('`online`: asked for something within 3 minutes; `away`: connected, and did not'),
    lastSeen: z
      .enum(LAST_SEEN)
      .optional()
      .describe('Of who is offline: within an hour, a week, a month; `hidden`: you may not see this user any more'),
    lastSeenAt: Time.optional().describe('Of who is offline, where it is known'),
    connections: Count.describe('Connected devices; 0 when offline'),
    version: z.number().int().describe('Rises with every change: of two presences of a user the higher one is newer'),
    wish: z.enum(PRESENCE_WISHES).optional().describe('What you asked to be seen as; in the answer to `presence.set`'),
  })
  .meta({ id: 'Presence' });
export type Presence = z.output<typeof Presence>;

const set = z.strictObject({
  status: z
    .enum(PRESENCE_WISHES)
    .describe('What others see while you are connected; `invisible` and `offline` look like being gone. Kept until it is set again'),
});
export const presenceAnswer = z.object({
  presences: z.array(Presence),
  denied: z.array(z.string()).describe('Users you share nothing with, and ids nobody has'),
});

export const presenceRoutes = {
  get: route({
    method: 'GET',
    path: '/v1/presence',
    tag: 'Presence',
    summary: 'Who of up to 100 users is there, and since when not',
    cost: 4,
    audience: ['user', 'key'],
    scope: 'users:read',
    input: z.strictObject({ userIds: UserIdList.describe('Up to 100 ids, separated by commas') }),
    output: presenceAnswer,
  }),
  set: route({
    method: 'PUT',
    path: '/v1/presence',
    tag: 'Presence',
    summary: 'What others shall see of me',
    audience: ['user'],
    input: set,
    output: z.object({ presence: Presence }),
  }),
};

export const presenceCommands = {
  set: command({
    name: 'presence.set',
    namespace: '/chat',
    summary: 'What others shall see of me',
    input: set,
    output: z.object({ presence: Presence }),
  }),
  subscribe: command({
    name: 'presence.subscribe',
    namespace: '/chat',
    summary: 'Be told when up to 100 users look different from how they look now; a connection watches at most 1,000',
    cost: 4,
    input: z.strictObject({ userIds: UserIds }),
    output: presenceAnswer,
    errors: ['quota-exceeded'],
  }),
  unsubscribe: command({
    name: 'presence.unsubscribe',
    namespace: '/chat',
    summary: 'Be told no more',
    input: z.strictObject({ userIds: UserIds }),
    output: z.object({}),
  }),
};
