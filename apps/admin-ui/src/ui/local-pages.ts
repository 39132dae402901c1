import { useState } from 'react';
import type { ListAddress } from './list-address.js';

/** Pages of a list that shares its address with another list: kept here, not in the address. */
export function useLocalPages(): ListAddress {
  const [trail, setTrail] = useState<readonly string[]>([]);
  return {
    cursor: trail.at(-1),
    get: () => undefined,
    set: () => undefined,
    clear: () => setTrail([]),
    isFiltered: false,
    next: (cursor) => setTrail([...trail, cursor]),
    previous: trail.length === 0 ? undefined : () => setTrail(trail.slice(0, -1)),
  };
}
