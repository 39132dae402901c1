import { routes, type Message } from '@parley/protocol';
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { call, problemOf } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import type { RoomWatcher } from '../../live/live-connection.js';
import { useRoomWatch } from '../../live/live.js';
import { type Conversation, EMPTY_CONVERSATION, leavesHole, reduceConversation } from './conversation-state.js';

const PAGE = 50;
/** Watching before reading leaves no gap; but a broken socket must not keep anybody from reading. */
const WATCH_PATIENCE_MS = 1_500;
const REFRESH_DELAY_MS = 1_000;

export interface OpenConversation extends Conversation {
  readonly isLoadingOlder: boolean;
  readonly loadOlder: () => void;
  readonly reload: () => void;
  /** A message the server answered with: sent or deleted here. */
  readonly put: (message: Message) => void;
}

/** A room's messages, kept current while it is shown. Each read is audited, so nothing here polls. */
export function useConversation(tenantId: string, roomId: string): OpenConversation {
  const [state, change] = useReducer(reduceConversation, EMPTY_CONVERSATION);
  const [isLoadingOlder, setLoadingOlder] = useState(false);
  const current = useRef(state);
  useEffect(() => {
    current.current = state;
  }, [state]);
  const refreshSoon = useRefreshSoon(tenantId);

  const loadNewest = useCallback(async () => {
    try {
      change({ kind: 'newest', page: await call(routes.adminRooms.messages, { tenantId, roomId, limit: PAGE }) });
    } catch (error) {
      change({ kind: 'failed', problem: problemOf(error) });
    }
  }, [tenantId, roomId]);

  const loadOlder = useCallback(async () => {
    const beforeSeq = current.current.messages[0]?.seq;
    if (beforeSeq === undefined) return;
    setLoadingOlder(true);
    try {
      change({ kind: 'older', page: await call(routes.adminRooms.messages, { tenantId, roomId, limit: PAGE, beforeSeq }) });
    } catch (error) {
      change({ kind: 'failed', problem: problemOf(error) });
    }
    setLoadingOlder(false);
  }, [tenantId, roomId]);

  const hasStarted = useRef(false);
  const watcher = useMemo((): RoomWatcher => {
    return {
      tenantId,
      roomId,
      onStart: () => {
        hasStarted.current = true;
        void loadNewest();
      },
      onEvent: (event) => {
        if (leavesHole(current.current, event)) void loadNewest();
        else change({ kind: 'event', event });
        if (event.type.startsWith('member.') || event.type.startsWith('room.')) refreshSoon();
      },
      onRefused: (problem) => change({ kind: 'failed', problem }),
    };
  }, [tenantId, roomId, loadNewest, refreshSoon]);
  useRoomWatch(watcher);

  useEffect(() => {
    const timer = setTimeout(() => {
      if (!hasStarted.current) void loadNewest();
    }, WATCH_PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [loadNewest]);

  const put = useCallback((message: Message) => change({ kind: 'message', message }), []);
  return { ...state, isLoadingOlder, loadOlder: () => void loadOlder(), reload: () => void loadNewest(), put };
}

/** Members and facts beside the conversation, read again at most once a second however many come and go. */
function useRefreshSoon(tenantId: string): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void refreshTenant(tenantId), REFRESH_DELAY_MS);
  }, [tenantId]);
}
