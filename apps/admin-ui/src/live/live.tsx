import { createContext, type ReactNode, use, useEffect, useState, useSyncExternalStore } from 'react';
import { queryClient, SESSION_KEY } from '../api/queries.js';
import { LiveConnection, type LiveState, type RoomWatcher } from './live-connection.js';

const RETRY_MS = 5_000;
const LiveContext = createContext<LiveConnection | null>(null);
const NOTHING: LiveState = { status: 'connecting', stats: [] };

/** Opens the socket while somebody is signed in. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const [connection, setConnection] = useState<LiveConnection | null>(null);
  useEffect(() => {
    let retry: ReturnType<typeof setTimeout> | undefined;
    const opened = new LiveConnection(() => {
      clearTimeout(retry);
      retry = setTimeout(() => {
        void queryClient.invalidateQueries({ queryKey: SESSION_KEY });
        opened.reconnect();
      }, RETRY_MS);
    });
    setConnection(opened);
    return () => {
      clearTimeout(retry);
      opened.close();
    };
  }, []);
  return <LiveContext value={connection}>{children}</LiveContext>;
}

const noSubscription = () => () => undefined;
const nothing = () => NOTHING;

export function useLive(): LiveState {
  const connection = use(LiveContext);
  return useSyncExternalStore(connection?.subscribe ?? noSubscription, connection?.snapshot ?? nothing);
}

/** Receives a room's events while `watcher` stays the same object; undefined = not yet. */
export function useRoomWatch(watcher: RoomWatcher | undefined): void {
  const connection = use(LiveContext);
  useEffect(() => (connection && watcher ? connection.watch(watcher) : undefined), [connection, watcher]);
}
