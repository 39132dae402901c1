import { type ChatClient, createChatClient, type RoomHandle } from '@parley/client';
import type { Message } from '@parley/protocol';

/** What the tests do inside a page: one user's client, and what it was told. */
export interface PageChat {
  readonly said: Promise<Message>[];
  readonly errors: string[];
  readonly told: { readonly roomId: string; readonly pts: number }[];
  begin(url: string, userId: string): void;
  connect(): Promise<unknown>;
  /** `id` of what was said last, as the outbox knows it. */
  say(roomId: string, text: string): string;
  texts(roomId: string): readonly (string | undefined)[];
  pending(roomId: string): readonly { readonly text: string; readonly id: string; readonly status: string; readonly code?: string }[];
  state(): string;
}

declare global {
  interface Window {
    readonly mintToken: (userId: string) => Promise<string>;
    chat: PageChat;
  }
}

class InPage implements PageChat {
  readonly said: Promise<Message>[] = [];
  readonly errors: string[] = [];
  readonly told: { roomId: string; pts: number }[] = [];
  private client?: ChatClient;

  begin(url: string, userId: string): void {
    this.client = createChatClient({ url, userId, token: () => window.mintToken(userId), transports: ['websocket'] });
    this.client.on('error', (error) => this.errors.push((error as { code?: string }).code ?? String(error)));
    this.client.on('event', (event) => 'pts' in event && this.told.push({ roomId: event.roomId, pts: event.pts }));
  }

  connect(): Promise<unknown> {
    return this.chat.connect();
  }

  say(roomId: string, text: string): string {
    const sent = this.room(roomId).send({ text });
    sent.catch(() => undefined);
    this.said.push(sent);
    return this.room(roomId).state.pending.at(-1)?.clientMessageId ?? '';
  }

  texts(roomId: string): readonly (string | undefined)[] {
    return this.room(roomId).state.messages.map(({ text }) => text);
  }

  pending(roomId: string): ReturnType<PageChat['pending']> {
    return this.room(roomId).state.pending.map(({ draft, clientMessageId, status, problem }) => ({
      text: draft.text,
      id: clientMessageId,
      status,
      code: problem?.code,
    }));
  }

  state(): string {
    return this.chat.state;
  }

  private room(roomId: string): RoomHandle {
    return this.chat.room(roomId);
  }

  private get chat(): ChatClient {
    if (!this.client) throw new Error('begin first');
    return this.client;
  }
}

window.chat = new InPage();
