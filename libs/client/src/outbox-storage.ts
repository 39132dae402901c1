import type { Args, messageCommands, Problem } from '@parley/protocol';

type SendInput = Args<typeof messageCommands.send>;

/** What a user wants to say. */
export type MessageDraft = Pick<SendInput, 'text' | 'replyTo' | 'mentions' | 'metadata'>;

/** A message on its way. `failed` = refused for good (`problem` says why): retry or discard it. */
export interface OutboxEntry {
  /** Made once, repeated with every try: the server stores the message once whatever happens (G2). */
  readonly clientMessageId: string;
  readonly roomId: string;
  /** Whose message it is: another user of the same device does not send it. Unknown before the first connection. */
  readonly userId?: string;
  /** Ascending in the order things were said; not a time. */
  readonly order: number;
  readonly draft: MessageDraft;
  readonly status: 'queued' | 'sending' | 'failed';
  readonly attempts: number;
  readonly problem?: Problem;
}

/** Where unsent messages outlive a reload. A storage that rejects, or does not answer within 5 s, is done without. */
export interface OutboxStorage {
  /** Everything that is this client's to send, in any order: asked at the start, and again with every connection. */
  load(): Promise<readonly OutboxEntry[]>;
  /** Replaces an entry with the same `clientMessageId`. */
  put(entry: OutboxEntry): Promise<void>;
  remove(clientMessageId: string): Promise<void>;
  /** The client sends nothing any more: what is left is for the next one. `load` may follow. */
  close?(): Promise<void>;
}

/** Keeps nothing beyond the life of the process. */
export class MemoryOutbox implements OutboxStorage {
  private readonly entries = new Map<string, OutboxEntry>();

  async load(): Promise<readonly OutboxEntry[]> {
    return [...this.entries.values()];
  }

  async put(entry: OutboxEntry): Promise<void> {
    this.entries.set(entry.clientMessageId, entry);
  }

  async remove(clientMessageId: string): Promise<void> {
    this.entries.delete(clientMessageId);
  }
}
