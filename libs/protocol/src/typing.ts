import { TYPING_ACTIONS } from '@parley/domain';
import { z } from 'zod';
import { command, route } from './contract.js';
import { Nothing, RoomIdSchema } from './primitives.js';

const start = z.strictObject({ roomId: RoomIdSchema, action: z.enum(TYPING_ACTIONS).default('typing') });
const stop = z.strictObject({ roomId: RoomIdSchema });
const output = z.object({});
const errors = ['banned', 'muted', 'room-muted', 'not-a-member', 'blocked-by-peer', 'peer-blocked-by-you', 'not-friends'] as const;

export const typingRoutes = {
  start: route({
    method: 'POST',
    path: '/v1/rooms/:roomId/typing',
    tag: 'Typing',
    summary: 'Show that somebody is about to say something, for 6 s',
    audience: ['user'],
    input: start,
    output,
    errors: [...errors],
  }),
  stop: route({
    method: 'DELETE',
    path: '/v1/rooms/:roomId/typing',
    tag: 'Typing',
    summary: 'Show it no longer',
    audience: ['user'],
    input: stop,
    output: Nothing,
    status: 204,
    errors: ['banned', 'not-a-member'],
  }),
};

export const typingCommands = {
  start: command({
    name: 'typing.start',
    namespace: '/chat',
    summary: 'Show that I am about to say something, for 6 s; more than two in a second are one',
    input: start,
    output,
    errors: [...errors],
  }),
  stop: command({
    name: 'typing.stop',
    namespace: '/chat',
    summary: 'Show it no longer',
    input: stop,
    output,
    errors: ['banned', 'not-a-member'],
  }),
};
