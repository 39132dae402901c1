import { SCOPES } from '@parley/domain';
import { z } from 'zod';
import { route } from './contract.js';
import { Seconds, text, Time, UserIdSchema } from './primitives.js';

export const tokenFields = {
  userId: UserIdSchema,
  expiresInSeconds: Seconds(31_536_000).optional().describe('Default one hour'),
  device: text(128).optional(),
  name: text(100).optional().describe('Name of a user not seen before'),
};
export const Token = z.object({ token: z.string(), expiresAt: Time });

export const ApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string(),
    scopes: z.array(z.string()),
    createdAt: Time,
    lastUsedAt: Time.optional(),
    revokedAt: Time.optional(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.output<typeof ApiKey>;

export const SigningKey = z
  .object({
    id: z.string().describe('Goes into the header of tokens as `kid`'),
    algorithm: z.enum(['HS256', 'RS256', 'ES256', 'EdDSA']),
    issuer: z.string().optional(),
    audience: z.string().optional(),
    userIdPrefix: z.string(),
    createdAt: Time,
    revokedAt: Time.optional(),
  })
  .meta({ id: 'SigningKey' });
export type SigningKey = z.output<typeof SigningKey>;

export const ScopeSchema = z.enum(SCOPES);

export const tokenRoutes = {
  mint: route({
    method: 'POST',
    path: '/v1/tokens',
    tag: 'Tokens',
    summary: 'A user token signed by the tenant’s newest HS256 key',
    audience: ['key'],
    scope: 'tokens:mint',
    input: z.strictObject(tokenFields),
    output: Token,
    errors: ['conflict'],
  }),
};
