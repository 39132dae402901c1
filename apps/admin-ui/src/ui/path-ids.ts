import { useParams } from 'react-router';

/** The router never shows these pages without the ids; an empty one would be refused by the server. */
export const useTenantId = (): string => useParams().tenantId ?? '';
export const useUserId = (): string => useParams().userId ?? '';
export const useRoomId = (): string => useParams().roomId ?? '';
