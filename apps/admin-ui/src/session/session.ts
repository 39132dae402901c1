import { operatorIsAtLeast, type OperatorRole } from '@parley/domain';
import { routes, type Session } from '@parley/protocol';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { createContext, use } from 'react';
import { call, isSignedOut, rememberCsrf } from '../api/client.js';
import { queryClient, SESSION_KEY } from '../api/queries.js';

/** Null = nobody is signed in. */
export function useSessionQuery(): UseQueryResult<Session | null> {
  return useQuery({ queryKey: SESSION_KEY, queryFn: fetchSession, staleTime: Infinity, refetchOnWindowFocus: 'always' });
}

async function fetchSession(): Promise<Session | null> {
  try {
    const session = await call(routes.session.current, {});
    rememberCsrf(session.csrf);
    return session;
  } catch (error) {
    if (isSignedOut(error)) return null;
    throw error;
  }
}

/** After sign-in and password change: the answer is the new session. Nothing an earlier operator read may stay. */
export function adoptSession(session: Session): void {
  rememberCsrf(session.csrf);
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
  queryClient.setQueryData(SESSION_KEY, session);
}

export async function signOut(): Promise<void> {
  await call(routes.session.signOut, {});
  rememberCsrf(undefined);
  queryClient.setQueryData(SESSION_KEY, null);
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
}

export const SessionContext = createContext<Session | null>(null);

/** Inside the gate there always is one. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('outside of the session gate');
  return session;
}

export type May = (least: OperatorRole | 'any', tenantId?: string) => boolean;

/** May the operator do what asks for `least`: on the platform, or in a tenant by either grant? The server decides again. */
export function useMay(): May {
  const { operator } = useSession();
  return (least, tenantId) => {
    if (least === 'any' || operatorIsAtLeast(operator.role, least)) return true;
    return operator.tenantRoles.some((grant) => grant.tenantId === tenantId && operatorIsAtLeast(grant.role, least));
  };
}
