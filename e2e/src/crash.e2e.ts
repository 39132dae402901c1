import { type ChatClient, createChatClient, type RoomHandle } from '@parley/client';
import type { Message, Resume, RoomEnvelope } from '@parley/protocol';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlainUser, type SendAck } from './plain.ts';
import { Rest } from './rest.ts';
import { ParleyServer } from './server.ts';
import { until } from './until.ts';

const ROOM = 'storm';
const BEFORE = 15;
const PAUSE_BETWEEN = 20;

interface Sent {
  readonly seq: number;
  readonly text: string | undefined;
}
const sentOf = ({ seq, text }: Message): Sent => ({ seq, text });

/** Says one thing after another, each again and again until it is acknowledged. */
class Talker {
  readonly acknowledged: Sent[] = [];
  private isTalking = true;
  private readonly done: Promise<void>;

  constructor(name: string, say: (text: string) => Promise<Message>) {
    this.done = this.talk(name, say);
  }

  async finish(): Promise<void> {
    this.isTalking = false;
    await this.done;
  }

  private async talk(name: string, say: (text: string) => Promise<Message>): Promise<void> {
    for (let count = 1; this.isTalking; count += 1) {
      this.acknowledged.push(sentOf(await say(`${name} ${count}`)));
      const next = performance.now() + PAUSE_BETWEEN;
      await until('a breath', () => performance.now() >= next);
    }
  }
}

/** A stock client that keeps its position and repeats what was not answered: all that CONTRACT.md asks of one. */
class ResumingUser {
  readonly heard: Sent[] = [];
  readonly plain: PlainUser;
  private pts = 0;
  private readonly early = new Map<number, RoomEnvelope>();

  constructor(url: string, token: string) {
    const resume = (): Resume => ({ rooms: { [ROOM]: this.pts } });
    this.plain = new PlainUser(io(`${url}/chat`, { auth: (give) => give({ token, resume: resume() }), reconnectionDelayMax: 500 }));
    this.plain.socket.onAny((_: string, event: Partial<RoomEnvelope>) => {
      if (event.roomId === ROOM && event.pts !== undefined) this.receive(event as RoomEnvelope);
    });
  }

  async say(text: string): Promise<Message> {
    const clientMessageId = `plain-${text}`;
    for (;;) {
      await until('connected', () => this.plain.socket.connected, 60_000);
      const ack: SendAck | undefined = await this.plain.socket
        .timeout(3_000)
        .emitWithAck('message.send', { roomId: ROOM, clientMessageId, text })
        .catch(() => undefined);
      if (ack?.ok) return ack.message;
      if (ack && !ack.error.retryable) throw new Error(JSON.stringify(ack.error));
      // Whoever asks again at once when told to wait is closed for good (case 87).
      const next = performance.now() + (ack?.error.retryAfterMs ?? 0);
      await until('the time that was named', () => performance.now() >= next, 60_000);
    }
  }

  /** Each position once, in order, whatever came twice or early. */
  private receive(event: RoomEnvelope): void {
    if (event.pts > this.pts) this.early.set(event.pts, event);
    for (let next = this.early.get(this.pts + 1); next; next = this.early.get(this.pts + 1)) {
      this.early.delete(next.pts);
      this.pts = next.pts;
      if (next.type === 'message.created') this.heard.push(sentOf(next.data.message));
    }
  }
}

describe('a server that is killed in the middle of the traffic', () => {
  let server: ParleyServer;
  let api: Rest;
  let plain: ResumingUser;
  const clients: ChatClient[] = [];
  const rooms: RoomHandle[] = [];
  const told = new Map<ChatClient, Sent[]>();

  beforeAll(async () => {
    server = await ParleyServer.start();
    api = new Rest(server.url, server.firstRun.tenant.apiKey);
    await api.must('POST', '/v1/rooms', { id: ROOM, kind: 'group', members: ['ann', 'bo', 'cy'] });
    const tokens = new Map(await Promise.all(['ann', 'bo', 'cy'].map(async (userId) => [userId, await api.token(userId)] as const)));
    for (const userId of ['ann', 'bo']) {
      const client = createChatClient({ url: server.url, token: () => tokens.get(userId) ?? '' });
      const heard: Sent[] = [];
      client.on('message', (message) => message.roomId === ROOM && heard.push(sentOf(message)));
      told.set(client, heard);
      clients.push(client);
      await client.connect();
      const room = client.room(ROOM);
      await room.loaded();
      rooms.push(room);
    }
    plain = new ResumingUser(server.url, tokens.get('cy') ?? '');
    await until('the plain client is ready', () => plain.plain.ready !== undefined);
  });

  afterAll(async () => {
    for (const client of clients) client.close();
    plain.plain.close();
    await server.dispose();
  });

  it('every acknowledged message is there once and in order, on all clients and in the history', async () => {
    const talkers = [
      ...rooms.map((room, index) => new Talker(`sdk${index}`, (text) => room.send({ text }))),
      new Talker('plain', (text) => plain.say(text)),
    ];
    const flows = (): Promise<boolean> => {
      const before = talkers.map(({ acknowledged }) => acknowledged.length);
      return until(
        'everybody is heard',
        () => talkers.every((talker, index) => talker.acknowledged.length >= (before[index] ?? 0) + BEFORE),
        60_000,
      );
    };
    await flows();
    for (let life = 0; life < 2; life += 1) {
      await server.kill();
      await server.startAgain();
      await flows();
    }
    await Promise.all(talkers.map((talker) => talker.finish()));

    const acknowledged = talkers.flatMap((talker) => talker.acknowledged);
    const history = (await wholeHistory()).map(sentOf);
    expect(new Set(history.map(({ text }) => text)).size).toBe(history.length);
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
    for (const sent of acknowledged) expect(history[sent.seq - 1]).toEqual(sent);
    expect(history).toHaveLength(acknowledged.length);
    for (const talker of talkers) expect(talker.acknowledged).toEqual(talker.acknowledged.toSorted((one, other) => one.seq - other.seq));

    await until('the plain client is told everything', () => plain.heard.length >= history.length, 20_000);
    expect(plain.heard).toEqual(history);
    for (const client of clients) {
      await until('the SDK is told everything', () => (told.get(client) ?? []).length >= history.length, 20_000);
      expect(told.get(client)).toEqual(history);
    }
    for (const room of rooms) {
      expect(room.state.pending).toEqual([]);
      expect(room.state.messages.map(sentOf)).toEqual(history.slice(-room.state.messages.length));
      expect(room.state.messages.length).toBeGreaterThan(0);
    }
  });

  async function wholeHistory(): Promise<readonly Message[]> {
    const messages: Message[] = [];
    for (let hasMore = true; hasMore;) {
      const page = await api.must<{ readonly items: readonly Message[]; readonly hasMoreAfter: boolean }>(
        'GET',
        `/v1/rooms/${ROOM}/messages?afterSeq=${messages.at(-1)?.seq ?? 0}&limit=100`,
      );
      messages.push(...page.items);
      hasMore = page.hasMoreAfter;
    }
    return messages;
  }
});
