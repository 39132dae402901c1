import { setTimeout as sleep } from 'node:timers/promises';
import { hashOf } from '../checks/history.ts';
import type { ChatUser } from './chat-user.ts';
import type { RestApi } from './tenant-api.ts';
import type { DeleteAnswer, MarkAnswer, SendAnswer, WireMessage } from './wire.ts';

const RETRY_MS = 250;
/** Answers after which the message may exist all the same. */
const UNKNOWN: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'internal']);

export interface Outcome {
  readonly startedAt: number;
  readonly tookMs: number;
  readonly result: 'ok' | 'deduplicated' | 'refused' | 'unknown';
  readonly code?: string;
  readonly client: string;
  readonly way: 'socket' | 'rest' | 'rest-twice';
  readonly clientMessageId: string;
  /** From the call on the connection brought nothing at all. */
  readonly isMute: boolean;
  /** Over a line that other faults may slow down. */
  readonly isOnLine: boolean;
}

export interface Said {
  readonly roomId: string;
  readonly messageId: string;
  readonly seq: number;
  readonly text: string;
}

export interface Saying {
  readonly roomId: string;
  readonly clientMessageId: string;
  readonly text: string;
  readonly replyTo?: string;
}

/** What a user does: says things until the answer is definite (G2, G3), takes them back, reads. */
export class Speaker {
  /** When the sends that have no answer yet were begun. */
  readonly pending = new Set<number>();
  busy = 0;
  private readonly user: ChatUser;
  private readonly rest: RestApi;
  private readonly note: (outcome: Outcome) => void;

  constructor(user: ChatUser, rest: RestApi, note: (outcome: Outcome) => void) {
    this.user = user;
    this.rest = rest;
    this.note = note;
  }

  /** Repeats one message under its id until the answer is definite, or the client is gone and nobody will ever know. */
  async say(saying: Saying, way: 'socket' | 'rest' | 'rest-twice'): Promise<Said | undefined> {
    this.busy += 1;
    try {
      while (!this.user.isClosed) {
        const message = await this.attempt(saying, way);
        if (message === 'over') return undefined;
        if (message) return { roomId: saying.roomId, messageId: message.id, seq: message.seq, text: saying.text };
        await sleep(RETRY_MS);
      }
      return undefined;
    } finally {
      this.busy -= 1;
    }
  }

  private async attempt(saying: Saying, way: 'socket' | 'rest' | 'rest-twice'): Promise<WireMessage | 'over' | undefined> {
    if (way === 'socket') {
      while (!this.user.isConnected) {
        if (this.user.isClosed || this.user.refusals.length > 0) return 'over';
        await sleep(20);
      }
      return this.once(saying, way, () => this.user.command<SendAnswer>('message.send', saying));
    }
    const calls = Array.from({ length: way === 'rest' ? 1 : 2 }, () => this.once(saying, way, () => this.post(saying)));
    const answers = await Promise.all(calls);
    return answers.find((answer) => typeof answer === 'object') ?? answers[0];
  }

  private async post({ roomId, ...body }: Saying): Promise<SendAnswer | undefined> {
    const answer = await this.rest.ask('POST', `/v1/rooms/${roomId}/messages`, body).catch(() => undefined);
    if (!answer) return undefined;
    this.user.options.canaries.look(this.user.options.tenantId, answer.text, 'an answer by REST');
    return { ok: answer.status < 300, ...(answer.status < 300 ? (answer.body as object) : { error: answer.body }) } as SendAnswer;
  }

  private async once(
    saying: Saying,
    way: Outcome['way'],
    call: () => Promise<SendAnswer | undefined>,
  ): Promise<WireMessage | 'over' | undefined> {
    const { recorder } = this.user.options;
    const { roomId, clientMessageId, text } = saying;
    const attempt = { op: recorder.nextOp(), ...this.user.places.at(roomId), clientMessageId };
    const startedAt = performance.now();
    const isOnLine = way === 'socket' && this.user.options.isOnLine;
    recorder.record({ kind: 'send-inv', ...attempt, bodyHash: hashOf(text), ...(isOnLine ? { isOnLine } : {}) });
    this.pending.add(startedAt);
    const answer = await call();
    this.pending.delete(startedAt);
    const isMute = way === 'socket' && this.user.heardAt < startedAt;
    const took = { startedAt, tookMs: performance.now() - startedAt, client: this.user.client, clientMessageId, way, isMute, isOnLine };
    if (answer?.ok) {
      const { message, deduplicated } = answer;
      recorder.record({ kind: 'send-ok', ...attempt, pts: message.pts, seq: message.seq, messageId: message.id, deduplicated });
      this.note({ ...took, result: deduplicated ? 'deduplicated' : 'ok' });
      return message;
    }
    const code = answer?.error.code ?? (this.user.isConnected ? 'no-answer' : 'disconnected');
    const isKnown = answer !== undefined && !UNKNOWN.has(code);
    recorder.record(isKnown ? { kind: 'send-fail', ...attempt, code } : { kind: 'send-info', ...attempt, reason: code });
    this.note({ ...took, result: isKnown ? 'refused' : 'unknown', code });
    return isKnown && code !== 'rate-limited' ? 'over' : undefined;
  }

  /** Takes a message back; without an answer nobody knows, and it may be asked for again. */
  async takeBack({ roomId, messageId, text }: Said): Promise<void> {
    const { recorder } = this.user.options;
    const about = { ...this.user.places.at(roomId), messageId, bodyHash: hashOf(text) };
    recorder.record({ kind: 'delete-inv', ...about });
    const answer = await this.user.command<DeleteAnswer>('message.delete', { roomId, messageId });
    if (answer?.ok) recorder.record({ kind: 'delete-ok', ...about });
  }

  async mark(roomId: string, seq: number): Promise<void> {
    const { recorder } = this.user.options;
    const askedAt = Number(process.hrtime.bigint());
    const answer = await this.user.command<MarkAnswer>('receipt.mark', { roomId, kind: 'read', seq });
    if (answer?.ok) recorder.record({ kind: 'mark-ok', ...this.user.places.at(roomId), askedAt, readSeq: answer.readSeq });
  }

  /** Looks at the newest messages of a room, as an app does that opens it. */
  async browse(roomId: string): Promise<void> {
    const { recorder } = this.user.options;
    const askedAt = Number(process.hrtime.bigint());
    const answer = await this.user.command<{ readonly ok: boolean; readonly items?: readonly WireMessage[] }>('message.list', {
      roomId,
      limit: 30,
    });
    for (const { id, text, deleted, replyTo } of answer?.items ?? []) {
      const shown = [
        ...(deleted || text === undefined ? [] : [[id, text] as const]),
        ...(replyTo?.text ? [[replyTo.messageId, replyTo.text] as const] : []),
      ];
      for (const [messageId, body] of shown)
        recorder.record({ kind: 'read', ...this.user.places.at(roomId), askedAt, messageId, bodyHash: hashOf(body) });
    }
  }
}
