import { z } from 'zod';
import { Time } from './primitives.js';

/** RFC 9457, with a stable `code` to branch on. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    instance: z.string().optional(),
    code: z.string(),
    requestId: z.string(),
    retryable: z.boolean(),
    retryAfterMs: z.number().int().optional(),
    policy: z.string().optional(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })).optional(),
    scope: z.enum(['tenant', 'room']).optional(),
    reason: z.string().optional(),
    expiresAt: Time.optional(),
    floorPts: z.number().int().optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.output<typeof Problem>;
