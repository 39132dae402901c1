import { adminBanRoutes } from './admin-bans.js';
import { adminKeyRoutes } from './admin-keys.js';
import { adminRoomRoutes } from './admin-rooms.js';
import { adminUserRoutes } from './admin-users.js';
import { auditRoutes } from './audit.js';
import { banRoutes } from './bans.js';
import type { RouteSpec } from './contract.js';
import { messageRoutes } from './messages.js';
import { connectRoutes, nodeRoutes } from './nodes.js';
import { operatorRoutes, sessionRoutes } from './operators.js';
import { presenceRoutes } from './presence.js';
import { receiptRoutes } from './receipts.js';
import { roomRoutes } from './rooms.js';
import { statsRoutes } from './stats.js';
import { syncRoutes } from './sync.js';
import { tenantRoutes } from './tenants.js';
import { tokenRoutes } from './tokens.js';
import { typingRoutes } from './typing.js';
import { userRoutes } from './users.js';

/** Every REST route, by noun. Server, SDK, CLI, dashboard and OpenAPI are read off this table. */
export const routes = {
  users: userRoutes,
  tokens: tokenRoutes,
  rooms: roomRoutes,
  messages: messageRoutes,
  receipts: receiptRoutes,
  typing: typingRoutes,
  presence: presenceRoutes,
  bans: banRoutes,
  sync: syncRoutes,
  session: sessionRoutes,
  operators: operatorRoutes,
  tenants: tenantRoutes,
  adminKeys: adminKeyRoutes,
  adminUsers: adminUserRoutes,
  adminRooms: adminRoomRoutes,
  adminBans: adminBanRoutes,
  audit: auditRoutes,
  stats: statsRoutes,
  nodes: nodeRoutes,
  connect: connectRoutes,
} as const;

type Routes = typeof routes;
/** `noun.verb`, as `messages.send`. */
export type RouteName = { [N in keyof Routes]: `${N}.${Extract<keyof Routes[N], string>}` }[keyof Routes];

export const routeTable: ReadonlyMap<RouteName, RouteSpec> = new Map(
  Object.entries(routes).flatMap(([noun, table]) =>
    Object.entries(table).map(([verb, spec]): [RouteName, RouteSpec] => [`${noun}.${verb}` as RouteName, spec]),
  ),
);
