import { ParleyError } from '@parley/client';
import type { Args, Out, RouteSpec } from '@parley/protocol';
import { MutationCache, QueryCache, QueryClient, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { call, isSignedOut } from './client.js';

export const SESSION_KEY = ['session'] as const;
const RETRIES_MAX = 2;

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSession }),
  mutationCache: new MutationCache({ onError: noticeSession }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < RETRIES_MAX && error instanceof ParleyError && error.retryable,
    },
  },
});

/** Whoever hears that the session is over tells everybody: the gate then shows the sign-in. */
function noticeSession(error: unknown): void {
  if (isSignedOut(error)) queryClient.setQueryData(SESSION_KEY, null);
  else if (error instanceof ParleyError && error.code === 'password-change-required')
    void queryClient.invalidateQueries({ queryKey: SESSION_KEY });
}

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (args: unknown): Fields => (typeof args === 'object' && args !== null ? (args as Fields) : {});

/** The tenant, or `platform`: what a change in it makes stale. */
const placeOf = (args: unknown): string => {
  const { tenantId } = fieldsOf(args);
  return typeof tenantId === 'string' ? `tenant ${tenantId}` : 'platform';
};

export const routeKey = (route: RouteSpec, args: unknown): readonly unknown[] => [placeOf(args), `${route.method} ${route.path}`, args];

/** Marks everything read about a tenant, and the platform's lists that show it, as stale. */
export async function refreshTenant(tenantId: string): Promise<void> {
  await Promise.all([queryClient.invalidateQueries({ queryKey: [`tenant ${tenantId}`] }), refreshPlatform()]);
}
export async function refreshPlatform(): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: ['platform'] });
}

const SUBJECT = ['tenantId', 'roomId', 'userId'] as const;
/** Only another page or filter of the same list may stand in while loading: never another tenant's, room's or user's. */
function isSameSubject(key: readonly unknown[] | undefined, route: RouteSpec, args: unknown): boolean {
  if (key?.[1] !== `${route.method} ${route.path}`) return false;
  const before = fieldsOf(key[2]);
  const now = fieldsOf(args);
  return SUBJECT.every((name) => before[name] === now[name]);
}

export interface ReadOptions {
  readonly isEnabled?: boolean;
  readonly refetchMs?: number;
}

/** Reads a GET row of the route table. */
export function useRoute<R extends RouteSpec>(route: R, args: Args<R>, options: ReadOptions = {}): UseQueryResult<Out<R>> {
  return useQuery<Out<R>, Error, Out<R>>({
    queryKey: routeKey(route, args),
    queryFn: ({ signal }): Promise<Out<R>> => call(route, args, { signal }),
    enabled: options.isEnabled ?? true,
    refetchInterval: options.refetchMs ?? false,
    placeholderData: ((previous: Out<R> | undefined, query: { queryKey: readonly unknown[] } | undefined) =>
      isSameSubject(query?.queryKey, route, args) ? previous : undefined) as never,
  });
}
