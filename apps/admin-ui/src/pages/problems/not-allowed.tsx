import { IconLock } from '@tabler/icons-react';
import { Navigate } from 'react-router';
import type { PageRow } from '../../pages.js';
import { EmptyView } from '../../ui/empty-view.js';
import { PageHeader } from '../../ui/page-header.js';
import { ui } from '../../ui/strings.js';

/** Operators of single tenants have no platform overview: their start is the list of their tenants. */
export function NotAllowed({ row }: { readonly row: PageRow }) {
  if (row.path === '/') return <Navigate to="/tenants" replace />;
  const role = row.permission === 'any' ? '' : ui.role[row.permission];
  return (
    <>
      <PageHeader title={row.label} />
      <EmptyView icon={IconLock} title={ui.notAllowed.title} body={ui.notAllowed.body(role)} />
    </>
  );
}
