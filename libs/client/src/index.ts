export { ChatClient } from './chat-client.js';
export type { ChatEvents, RoomNotice } from './chat-events.js';
export { newClientMessageId } from './client-message-id.js';
export type { CommandOptions, Connection, ConnectionEvents, ConnectionState, EphemeralEnvelope } from './connection.js';
export { type ChatClientOptions, createChatClient } from './create-chat-client.js';
export * from './http.js';
export { IndexedDbOutbox } from './indexeddb-outbox.js';
export type { LogPosition } from './log-feed.js';
export { MemoryOutbox, type MessageDraft, type OutboxEntry, type OutboxStorage } from './outbox-storage.js';
export { Presences, type PresenceWish } from './presences.js';
export { RoomHandle } from './room-handle.js';
export type { RoomListState } from './room-list.js';
export {
  applyEvent,
  applyProfile,
  applyReceipts,
  emptyRoomState,
  type Outcome,
  type ReadCursor,
  type RoomState,
  type RoomStatus,
  type Snapshot,
  snapshotState,
  unreadOf,
} from './room-state.js';
export { applyToRoom, type Viewer } from './room-summary.js';
export { Rooms } from './rooms.js';
export { type Bound, createServerClient, type ServerClient, type ServerClientOptions } from './server-client.js';
export { ChatSocket, type ChatSocketOptions } from './socket.js';
export type { Positions } from './sync-ports.js';
export { backoffMs, systemTimers, type TimerHandle, type Timers } from './timers.js';
export type { TypingAction, TypingUser } from './typing.js';
export type { TokenCallback, TokenRequest } from './tokens.js';
