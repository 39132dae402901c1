import type {
  Message,
  PresenceEnvelope,
  Problem,
  ProfileEnvelope,
  ReceiptEnvelope,
  Room,
  RoomEnvelope,
  SessionReady,
  TypingEnvelope,
  UserEnvelope,
} from '@parley/protocol';
import type { ConnectionState, EphemeralEnvelope } from './connection.js';

/** `reset`: the server lost the end of this room's log (its `epoch` rose): what the app kept of it is to be fetched again. */
export type RoomNotice =
  | { readonly type: 'entered'; readonly roomId: string; readonly room: Room }
  | { readonly type: 'exited'; readonly roomId: string }
  | { readonly type: 'reset'; readonly roomId: string; readonly epoch: number; readonly pts: number };

/** What `client.on` tells of. */
export interface ChatEvents {
  readonly state: ConnectionState;
  /** Connected; sent again after every reconnect. */
  readonly ready: SessionReady;
  /** Every durable event of the user's rooms and own log: each once, in order within its log, whatever the network did. */
  readonly event: RoomEnvelope | UserEnvelope;
  /** A message was said in any room, by anyone, this user included: the `message.created` among the events. */
  readonly message: Message;
  readonly room: RoomNotice;
  /** Kept in no log, may be lost: receipts, profiles, typing, presence. */
  readonly ephemeral: ReceiptEnvelope | TypingEnvelope | PresenceEnvelope | ProfileEnvelope | EphemeralEnvelope;
  /** The server refused for good (`token-invalid`, `banned`, `tenant-suspended`, …): nothing more comes until `connect` is called. */
  readonly ended: Problem;
  /** The outbox could not be written, or a listener threw. Without a listener for it such an error is thrown to the platform. */
  readonly error: unknown;
}
