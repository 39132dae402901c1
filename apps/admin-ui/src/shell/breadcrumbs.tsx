import { routes } from '@parley/protocol';
import { Link } from 'react-router';
import { roomPath, tenantPath, userPath } from '../addresses.js';
import { useRoute } from '../api/queries.js';
import { pages } from '../pages.js';
import { useCurrentPage, type CurrentPage } from './current-page.js';
import classes from './shell.module.css';
import { shellText } from './shell.strings.js';

interface Crumb {
  readonly label: string;
  readonly to: string;
}

export function Breadcrumbs() {
  const current = useCurrentPage();
  const roomName = useRoomName(current);
  const userName = useUserName(current);
  const crumbs = crumbsOf(current, roomName, userName);
  return (
    <nav aria-label={shellText.breadcrumbs}>
      <ol className={classes.crumbs}>
        {crumbs.map(({ label, to }, index) => (
          <li key={to}>{index === crumbs.length - 1 ? <span aria-current="page">{label}</span> : <Link to={to}>{label}</Link>}</li>
        ))}
      </ol>
    </nav>
  );
}

/** The room's page reads the same, so this costs no request. */
function useRoomName({ tenantId, roomId }: CurrentPage): string | undefined {
  const found = useRoute(routes.adminRooms.get, { tenantId: tenantId ?? '', roomId: roomId ?? '' }, { isEnabled: roomId !== undefined });
  return roomId === undefined ? undefined : (found.data?.room.name ?? roomId);
}

/** So does the user's page. */
function useUserName({ tenantId, userId }: CurrentPage): string | undefined {
  const found = useRoute(routes.adminUsers.get, { tenantId: tenantId ?? '', userId: userId ?? '' }, { isEnabled: userId !== undefined });
  return userId === undefined ? undefined : (found.data?.user.name ?? userId);
}

function crumbsOf(
  { row, tenantId, userId, roomId, tab }: CurrentPage,
  roomName: string | undefined,
  userName: string | undefined,
): readonly Crumb[] {
  if (!row) return [];
  if (tenantId === undefined) return [{ label: row.label, to: row.path }];
  const section = pages.find((page) => page.place === 'tab' && (page.path.split('/')[3] ?? '') === tab);
  const crumbs: Crumb[] = [
    { label: shellText.tenants, to: '/tenants' },
    { label: tenantId, to: tenantPath(tenantId) },
  ];
  if (section && tab !== '') crumbs.push({ label: section.label, to: tenantPath(tenantId, tab) });
  if (userId !== undefined) crumbs.push({ label: userName ?? userId, to: userPath(tenantId, userId) });
  if (roomId !== undefined) crumbs.push({ label: roomName ?? roomId, to: roomPath(tenantId, roomId) });
  if (roomId !== undefined && row.path.split('/').length > 5) crumbs.push({ label: row.label, to: row.path });
  return crumbs;
}
