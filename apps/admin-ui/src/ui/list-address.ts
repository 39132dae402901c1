import { useLocation, useNavigate, useSearchParams } from 'react-router';

/** The cursors of the pages before this one, oldest first; '' is the first page. Kept in the history entry, so Back and reload keep it. */
interface Trail {
  readonly trail: readonly string[];
}

const trailOf = (state: unknown): readonly string[] =>
  typeof state === 'object' && state !== null && Array.isArray((state as Trail).trail) ? (state as Trail).trail : [];

export interface ListAddress {
  readonly cursor: string | undefined;
  /** A filter as the address says it. */
  readonly get: (name: string) => string | undefined;
  /** Sets filters and starts over at the first page. */
  readonly set: (filters: Record<string, string | undefined>) => void;
  readonly clear: () => void;
  readonly isFiltered: boolean;
  readonly next: (cursor: string) => void;
  /** Undefined on the first page. */
  readonly previous: (() => void) | undefined;
}

/** A list's filters and page live in the address: it can be sent to somebody, and Back works. */
export function useListAddress(): ListAddress {
  const [params] = useSearchParams();
  const { state } = useLocation();
  const navigate = useNavigate();
  const cursor = params.get('cursor') ?? undefined;
  const trail = trailOf(state);

  const goTo = (changes: Record<string, string | undefined>, next: readonly string[], isReplaced: boolean) => {
    const changed = new URLSearchParams(params);
    for (const [name, value] of Object.entries(changes)) {
      if (value) changed.set(name, value);
      else changed.delete(name);
    }
    void navigate({ search: changed.toString() }, { replace: isReplaced, state: { trail: next } satisfies Trail });
  };
  const names = [...params.keys()].filter((name) => name !== 'cursor');
  return {
    cursor,
    get: (name) => params.get(name) ?? undefined,
    set: (filters) => goTo({ ...filters, cursor: undefined }, [], true),
    clear: () => goTo(Object.fromEntries([...names, 'cursor'].map((name) => [name, undefined])), [], true),
    isFiltered: names.length > 0,
    next: (to) => goTo({ cursor: to }, [...trail, cursor ?? ''], false),
    previous: cursor === undefined ? undefined : () => goTo({ cursor: trail.at(-1) }, trail.slice(0, -1), false),
  };
}

export const PAGE_SIZE = 25;
