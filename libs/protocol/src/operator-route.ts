import { z } from 'zod';
import { TenantIdSchema } from './primitives.js';

/** What every route of the dashboard and `chatctl` starts from. */
export const operatorRoute = { audience: ['operator'] as const };
export const tenantPath = { tenantId: TenantIdSchema };
export const inTenant = <T extends z.ZodRawShape>(fields: T) => z.strictObject({ ...tenantPath, ...fields });
/** Where what belongs to one tenant lives. */
export const base = '/v1/admin/tenants/:tenantId' as const;
