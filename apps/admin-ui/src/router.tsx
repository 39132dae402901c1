import { createBrowserRouter, type RouteObject, useParams } from 'react-router';
import { NotFoundPage } from './pages/problems/not-found.page.js';
import { CrashPage } from './pages/problems/crash.page.js';
import { pages, type PageRow } from './pages.js';
import { SessionGate } from './session/session-gate.js';
import { useMay } from './session/session.js';
import SignInPage from './pages/session/sign-in.page.js';
import { NotAllowed } from './pages/problems/not-allowed.js';

/** A page behind its permission. The key makes another tenant, user or room another page: no state of one leaks into the next. */
function Guarded({ row }: { readonly row: PageRow }) {
  const may = useMay();
  const { tenantId, userId, roomId } = useParams();
  if (!may(row.permission, tenantId)) return <NotAllowed row={row} />;
  const Page = row.page;
  return <Page key={[tenantId, userId, roomId].join('/')} />;
}

const rows = pages.map((row): RouteObject => ({ path: row.path, element: <Guarded row={row} />, errorElement: <CrashPage /> }));

export const router = createBrowserRouter(
  [
    { path: '/sign-in', element: <SignInPage />, errorElement: <CrashPage /> },
    { element: <SessionGate />, errorElement: <CrashPage />, children: [...rows, { path: '*', element: <NotFoundPage /> }] },
  ],
  { basename: '/dashboard/' },
);
