import { useSyncExternalStore } from 'react';
import { formatRelative, formatTime } from './format.js';

const TICK_MS = 20_000;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  const timer = setInterval(() => {
    now = Date.now();
    listener();
  }, TICK_MS);
  return () => clearInterval(timer);
}

/** When something happened, as people say it; the exact time is in the title. The clock only causes new renderings. */
export function TimeAgo({ at }: { readonly at: string }) {
  useSyncExternalStore(subscribe, () => now);
  return (
    <time dateTime={at} title={formatTime(at)} style={{ whiteSpace: 'nowrap' }}>
      {formatRelative(at, Date.now())}
    </time>
  );
}
