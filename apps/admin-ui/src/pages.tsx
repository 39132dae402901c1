import type { OperatorRole } from '@parley/domain';
import {
  IconBan,
  IconBuildingCommunity,
  IconGauge,
  IconHistory,
  IconKey,
  IconMessages,
  IconServer,
  IconUserCircle,
  IconUsers,
  IconUserShield,
  type Icon,
} from '@tabler/icons-react';
import { type ComponentType, lazy, type LazyExoticComponent } from 'react';

export interface PageRow {
  /** As react-router writes it. Under `/tenants/:tenantId` it belongs to a tenant. */
  readonly path: string;
  readonly label: string;
  readonly icon: Icon;
  /** The least operator role: in the tenant of the path where there is one, else on the platform. */
  readonly permission: OperatorRole | 'any';
  /** `main`: in the navigation. `tab`: a tab of the tenant. `inner`: reached from its parent. */
  readonly place: 'main' | 'tab' | 'account' | 'inner';
  readonly page: LazyExoticComponent<ComponentType>;
}

const tenant = '/tenants/:tenantId';

/** Every page of the dashboard. Router, navigation, tabs, breadcrumbs and the command palette are read off this table. */
export const pages: readonly PageRow[] = [
  {
    path: '/',
    label: 'Overview',
    icon: IconGauge,
    permission: 'viewer',
    place: 'main',
    page: lazy(() => import('./pages/overview/overview.page.js')),
  },
  {
    path: '/tenants',
    label: 'Tenants',
    icon: IconBuildingCommunity,
    permission: 'any',
    place: 'main',
    page: lazy(() => import('./pages/tenants/tenants.page.js')),
  },
  {
    path: '/nodes',
    label: 'Nodes',
    icon: IconServer,
    permission: 'viewer',
    place: 'main',
    page: lazy(() => import('./pages/nodes/nodes.page.js')),
  },
  {
    path: '/audit',
    label: 'Audit',
    icon: IconHistory,
    permission: 'admin',
    place: 'main',
    page: lazy(() => import('./pages/audit/audit.page.js')),
  },
  {
    path: '/operators',
    label: 'Operators',
    icon: IconUserShield,
    permission: 'admin',
    place: 'main',
    page: lazy(() => import('./pages/operators/operators.page.js')),
  },
  {
    path: '/account',
    label: 'My account',
    icon: IconUserCircle,
    permission: 'any',
    place: 'account',
    page: lazy(() => import('./pages/account/account.page.js')),
  },
  {
    path: tenant,
    label: 'Overview',
    icon: IconGauge,
    permission: 'viewer',
    place: 'tab',
    page: lazy(() => import('./pages/tenants/tenant.page.js')),
  },
  {
    path: `${tenant}/users`,
    label: 'Users',
    icon: IconUsers,
    permission: 'viewer',
    place: 'tab',
    page: lazy(() => import('./pages/users/users.page.js')),
  },
  {
    path: `${tenant}/rooms`,
    label: 'Rooms',
    icon: IconMessages,
    permission: 'viewer',
    place: 'tab',
    page: lazy(() => import('./pages/rooms/rooms.page.js')),
  },
  {
    path: `${tenant}/bans`,
    label: 'Bans',
    icon: IconBan,
    permission: 'viewer',
    place: 'tab',
    page: lazy(() => import('./pages/bans/bans.page.js')),
  },
  {
    path: `${tenant}/keys`,
    label: 'Keys',
    icon: IconKey,
    permission: 'admin',
    place: 'tab',
    page: lazy(() => import('./pages/keys/keys.page.js')),
  },
  {
    path: `${tenant}/audit`,
    label: 'Audit',
    icon: IconHistory,
    permission: 'admin',
    place: 'tab',
    page: lazy(() => import('./pages/audit/tenant-audit.page.js')),
  },
  {
    path: `${tenant}/users/:userId`,
    label: 'User',
    icon: IconUsers,
    permission: 'viewer',
    place: 'inner',
    page: lazy(() => import('./pages/users/user.page.js')),
  },
  {
    path: `${tenant}/rooms/:roomId`,
    label: 'Room',
    icon: IconMessages,
    permission: 'viewer',
    place: 'inner',
    page: lazy(() => import('./pages/rooms/room-conversation.page.js')),
  },
  {
    path: `${tenant}/rooms/:roomId/members`,
    label: 'Members',
    icon: IconUsers,
    permission: 'viewer',
    place: 'inner',
    page: lazy(() => import('./pages/rooms/room-members.page.js')),
  },
  {
    path: `${tenant}/rooms/:roomId/bans`,
    label: 'Bans',
    icon: IconBan,
    permission: 'viewer',
    place: 'inner',
    page: lazy(() => import('./pages/rooms/room-bans.page.js')),
  },
  {
    path: `${tenant}/rooms/:roomId/settings`,
    label: 'Settings',
    icon: IconMessages,
    permission: 'viewer',
    place: 'inner',
    page: lazy(() => import('./pages/rooms/room-settings.page.js')),
  },
];

export const isTenantPage = (row: PageRow): boolean => row.path.startsWith(tenant);
export const tenantTabs = pages.filter((row) => row.place === 'tab');
export const mainPages = pages.filter((row) => row.place === 'main');
