const part = encodeURIComponent;

/** Addresses of the pages that need an id. */
export const tenantPath = (tenantId: string, tab = ''): string => `/tenants/${part(tenantId)}${tab === '' ? '' : `/${tab}`}`;
export const userPath = (tenantId: string, userId: string): string => `${tenantPath(tenantId, 'users')}/${part(userId)}`;
export const roomPath = (tenantId: string, roomId: string, section = ''): string =>
  `${tenantPath(tenantId, 'rooms')}/${part(roomId)}${section === '' ? '' : `/${section}`}`;

/** Served by the server beside the dashboard. */
export const REFERENCE_URL = '/reference';
export const OPENAPI_URL = '/openapi.json';
export const ASYNCAPI_URL = '/asyncapi.json';
