import { matchPath, useLocation } from 'react-router';
import { pages, type PageRow } from '../pages.js';

export interface CurrentPage {
  readonly row: PageRow | undefined;
  readonly tenantId: string | undefined;
  readonly userId: string | undefined;
  readonly roomId: string | undefined;
  /** The tenant's tab that is open, as `users`; '' is its overview. */
  readonly tab: string;
}

/** What the address shows, for the frame around the page. */
export function useCurrentPage(): CurrentPage {
  const { pathname } = useLocation();
  for (const row of pages) {
    const match = matchPath(row.path, pathname);
    if (!match) continue;
    const { tenantId, userId, roomId } = match.params as Record<string, string | undefined>;
    return { row, tenantId, userId, roomId, tab: row.path.split('/')[3] ?? '' };
  }
  return { row: undefined, tenantId: undefined, userId: undefined, roomId: undefined, tab: '' };
}
