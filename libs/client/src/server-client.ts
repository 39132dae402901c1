import {
  type Args,
  banRoutes,
  messageRoutes,
  type Out,
  receiptRoutes,
  roomRoutes,
  type RouteSpec,
  syncRoutes,
  tokenRoutes,
  userRoutes,
} from '@parley/protocol';
import { type CallOptions, HttpClient, type HttpOptions } from './http.js';

export interface ServerClientOptions extends Pick<HttpOptions, 'url' | 'timeoutMs' | 'fetch'> {
  /** `sk_<tenant>_…`: keep it on servers. */
  readonly apiKey: string;
  /** Act as this user where a route is a user's (sending, joining, …). Needs the scope `act-as`; is audited. */
  readonly actAs?: string;
}

/** The routes of a noun as functions: one object with path, query and body fields; resolves with the answer, throws `ParleyError`. */
export type Bound<T extends Record<string, RouteSpec>> = {
  readonly [V in keyof T]: (args: Args<T[V]>, call?: CallOptions) => Promise<Out<T[V]>>;
};

/** Parley's REST API for servers, typed by the route table: `await server.users.put({ userId: 'ann', name: 'Ann' })`. */
export interface ServerClient {
  readonly http: HttpClient;
  readonly users: Bound<typeof userRoutes>;
  readonly tokens: Bound<typeof tokenRoutes>;
  readonly rooms: Bound<typeof roomRoutes>;
  readonly messages: Bound<typeof messageRoutes>;
  readonly receipts: Bound<typeof receiptRoutes>;
  readonly bans: Bound<typeof banRoutes>;
  readonly sync: Bound<typeof syncRoutes>;
  /** The same client, acting as a user. */
  as(userId: string): ServerClient;
}

export function createServerClient(options: ServerClientOptions): ServerClient {
  const { url, apiKey, actAs, timeoutMs, fetch } = options;
  const headers: Record<string, string> = { authorization: `Bearer ${apiKey}`, ...(actAs === undefined ? {} : { 'parley-user': actAs }) };
  const http = new HttpClient({ url, timeoutMs, fetch, headers: () => headers });
  return {
    http,
    users: bind(http, userRoutes),
    tokens: bind(http, tokenRoutes),
    rooms: bind(http, roomRoutes),
    messages: bind(http, messageRoutes),
    receipts: bind(http, receiptRoutes),
    bans: bind(http, banRoutes),
    sync: bind(http, syncRoutes),
    as: (userId) => createServerClient({ ...options, actAs: userId }),
  };
}

function bind<T extends Record<string, RouteSpec>>(http: HttpClient, table: T): Bound<T> {
  const bound = Object.entries(table).map(([verb, route]) => [
    verb,
    (args: Args<RouteSpec>, call?: CallOptions) => http.call(route, args, call),
  ]);
  return Object.fromEntries(bound) as Bound<T>;
}
