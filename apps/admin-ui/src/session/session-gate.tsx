import { Center, Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Navigate, useLocation } from 'react-router';
import { ErrorState } from '../ui/problem-view.js';
import { ui } from '../ui/strings.js';
import { SessionContext, useSessionQuery } from './session.js';

const Shell = lazy(() => import('../shell/shell.js'));
const ChangePasswordPage = lazy(() => import('../pages/session/change-password.page.js'));

const Waiting = () => (
  <Center h="100dvh">
    <Loader size="sm" aria-label={ui.loading} />
  </Center>
);

/** Lets in who is signed in with a password of his own; the others are sent to where they get that. */
export function SessionGate() {
  const session = useSessionQuery();
  const { pathname, search } = useLocation();
  if (session.data === undefined) {
    return session.error ? <ErrorState error={session.error} retry={() => void session.refetch()} /> : <Waiting />;
  }
  if (session.data === null) return <Navigate to={`/sign-in?next=${encodeURIComponent(pathname + search)}`} replace />;
  return (
    <SessionContext value={session.data}>
      <Suspense fallback={<Waiting />}>{session.data.operator.mustChangePassword ? <ChangePasswordPage /> : <Shell />}</Suspense>
    </SessionContext>
  );
}
