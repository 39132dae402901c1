import { z } from 'zod';
import { command, route } from './contract.js';
import { Count, Position, RoomIdSchema } from './primitives.js';

const input = z.strictObject({ roomId: RoomIdSchema, kind: z.enum(['read', 'delivered']), seq: Position });
const output = z.object({ readSeq: Position, deliveredSeq: Position, unread: Count });

export const receiptRoutes = {
  mark: route({
    method: 'POST',
    path: '/v1/rooms/:roomId/receipts',
    tag: 'Receipts',
    summary: 'Read or received up to a message; never moves back',
    audience: ['user'],
    input,
    output,
    errors: ['banned', 'not-a-member'],
  }),
};

export const receiptCommands = {
  mark: command({ name: 'receipt.mark', namespace: '/chat', summary: 'Read or received up to a message', input, output }),
};
