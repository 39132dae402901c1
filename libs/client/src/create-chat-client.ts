import { ChatClient, type ChatClientPorts } from './chat-client.js';
import { IndexedDbOutbox } from './indexeddb-outbox.js';
import { MemoryOutbox, type OutboxStorage } from './outbox-storage.js';
import { ChatSocket, type ChatSocketOptions } from './socket.js';
import { systemTimers } from './timers.js';
import { onLook } from './wake-ups.js';

export interface ChatClientOptions extends Pick<ChatSocketOptions, 'url' | 'token' | 'device' | 'transports' | 'timers' | 'findsNode'> {
  /** Where unsent messages outlive a reload. Default: IndexedDB where there is one, else memory. */
  readonly storage?: OutboxStorage;
  /** Who the token is for. Lets messages written before the first connection be kept, and earlier ones be shown. */
  readonly userId?: string;
  /** `positions()` of an earlier client: what came since is told as events. Without it a client starts from now. */
  readonly resume?: ChatClientPorts['resume'];
  /** Messages that may wait to be sent, in all rooms. Default 1,000. */
  readonly queueLimit?: number;
}

/** A chat client for one user, in browsers and Node. Nothing happens before `connect()`. */
export function createChatClient(options: ChatClientOptions): ChatClient {
  const { url, token, device, transports, findsNode, userId, resume, queueLimit } = options;
  const timers = options.timers ?? systemTimers;
  const storage = options.storage ?? defaultStorage(url);
  return new ChatClient({
    url,
    timers,
    storage,
    userId,
    resume,
    queueLimit,
    onLook,
    connect: (positions) => new ChatSocket({ url, token, device, transports, findsNode, timers, resume: positions }),
  });
}

/** A browser without IndexedDB gets the same storage: its failure is what tells the app that nothing is kept. */
function defaultStorage(url: string): OutboxStorage {
  return typeof document === 'undefined' && typeof indexedDB === 'undefined' ? new MemoryOutbox() : new IndexedDbOutbox(`parley ${url}`);
}
