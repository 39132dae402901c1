import { Button, Group, Skeleton, VisuallyHidden } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconFilterOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import classes from './data-table.module.css';
import { EmptyView } from './empty-view.js';
import type { ListAddress } from './list-address.js';
import { ErrorState } from './problem-view.js';
import { ui } from './strings.js';

export interface Column<T> {
  readonly label: string;
  readonly cell: (row: T) => ReactNode;
  readonly isNumber?: boolean;
  /** For a column of buttons: the head is for screen readers only, and presses do not follow the row's link. */
  readonly isActions?: boolean;
  readonly width?: number | string;
}

export interface PageOf<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | null;
}

/** What a table needs of a query. */
export interface Loaded<T> {
  readonly data: PageOf<T> | undefined;
  readonly error: unknown;
  readonly isPlaceholderData?: boolean;
  readonly refetch: () => unknown;
}

/** Nothing there at all, by no filter's doing: then the empty state holds the next action, and no second button beside it. */
export const isBare = <T,>({ data }: Pick<Loaded<T>, 'data'>, address: ListAddress): boolean =>
  data?.items.length === 0 && address.cursor === undefined && !address.isFiltered;

export interface DataTableProps<T> {
  readonly label: string;
  readonly query: Loaded<T>;
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  /** Shown when there is nothing and no filter is set. */
  readonly empty: ReactNode;
  readonly address?: ListAddress;
}

export function DataTable<T>({ label, query, columns, keyOf, empty, address }: DataTableProps<T>) {
  const { data, error } = query;
  if (error && !data) return <Card>{<ErrorState error={error} retry={() => void query.refetch()} />}</Card>;
  if (data?.items.length === 0 && address?.cursor === undefined)
    return <Card>{address?.isFiltered ? <NoMatch clear={address.clear} /> : empty}</Card>;
  return (
    <Card>
      <div className={classes.scroll}>
        <table className={classes.table} aria-label={label} aria-busy={!data}>
          <Head columns={columns} />
          <tbody className={query.isPlaceholderData ? classes.stale : undefined}>
            {data ? (
              data.items.map((row) => <Row key={keyOf(row)} row={row} columns={columns} />)
            ) : (
              <SkeletonRows columns={columns.length} />
            )}
          </tbody>
        </table>
      </div>
      {address && data && <Pager address={address} page={data} isWaiting={query.isPlaceholderData ?? false} />}
    </Card>
  );
}

const Card = ({ children }: { readonly children: ReactNode }) => <div className={classes.card}>{children}</div>;

function Head<T>({ columns }: { readonly columns: readonly Column<T>[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th key={column.label} scope="col" style={{ width: column.width }} className={column.isNumber ? classes.right : undefined}>
            {column.isActions ? <VisuallyHidden>{column.label}</VisuallyHidden> : column.label}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Row<T>({ row, columns }: { readonly row: T; readonly columns: readonly Column<T>[] }) {
  return (
    <tr>
      {columns.map((column) => (
        <td key={column.label} data-label={column.isActions ? '' : column.label} className={column.isNumber ? classes.right : undefined}>
          {column.isActions ? <div className={classes.actions}>{column.cell(row)}</div> : column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

const SKELETONS = [62, 48, 70, 54, 66, 44, 58] as const;
function SkeletonRows({ columns }: { readonly columns: number }) {
  return SKELETONS.map((width) => (
    <tr key={width}>
      {Array.from({ length: columns }, (_, index) => (
        <td key={index} data-label="">
          <Skeleton height={12} width={`${index === 0 ? width : Math.max(30, width - 14)}%`} />
        </td>
      ))}
    </tr>
  ));
}

function NoMatch({ clear }: { readonly clear: () => void }) {
  return (
    <EmptyView
      icon={IconFilterOff}
      title={ui.empty.noMatch}
      body={ui.empty.noMatchBody}
      action={
        <Button variant="default" onClick={clear}>
          {ui.empty.clear}
        </Button>
      }
    />
  );
}

interface PagerProps {
  readonly address: ListAddress;
  readonly page: PageOf<unknown>;
  /** The page before is still shown: its next cursor is not this page's. */
  readonly isWaiting: boolean;
}

function Pager({ address, page, isWaiting }: PagerProps) {
  const { previous } = address;
  const nextCursor = page.nextCursor ?? undefined;
  if (!previous && nextCursor === undefined) return null;
  return (
    <nav className={classes.foot} aria-label={ui.pages}>
      <span>{ui.rows(page.items.length)}</span>
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          disabled={!previous || isWaiting}
          onClick={previous}
          leftSection={<IconChevronLeft size={14} />}
        >
          {ui.previous}
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={nextCursor === undefined || isWaiting}
          onClick={() => nextCursor !== undefined && address.next(nextCursor)}
          rightSection={<IconChevronRight size={14} />}
        >
          {ui.next}
        </Button>
      </Group>
    </nav>
  );
}

/** The link that makes a whole row pressable. */
export function RowLink({ to, children }: { readonly to: string; readonly children: ReactNode }) {
  return (
    <Link to={to} className={classes.rowLink}>
      {children}
    </Link>
  );
}
