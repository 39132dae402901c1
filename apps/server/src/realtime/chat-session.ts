import { DomainError, type UserActor } from '@parley/domain';
import type { Socket } from 'socket.io';
import type { ChatConnection } from './chat-connection.js';

/** Warned so long before the token ends, and kept so long after. */
const WARNING_MS = 60_000;
const GRACE_MS = 30_000;
/** Timers take no longer times. */
const TIMER_MAX_MS = 2_147_483_000;

const BY_SOCKET = new WeakMap<Socket, ChatSession>();

/** The life of one authenticated socket: whose it is, and until when. */
export class ChatSession {
  private warning?: NodeJS.Timeout;
  private ending?: NodeJS.Timeout;

  constructor(
    private readonly socket: Socket,
    private readonly connection: ChatConnection,
    public actor: UserActor,
    private readonly now: () => Date,
  ) {
    BY_SOCKET.set(socket, this);
    this.watchExpiry();
  }

  renew(actor: UserActor): void {
    this.actor = actor;
    this.connection.signingKeyId = actor.signingKeyId;
    this.watchExpiry();
  }

  private watchExpiry(): void {
    this.stop();
    const { expiresAt } = this.actor;
    if (!expiresAt) return;
    const left = expiresAt.getTime() - this.now().getTime();
    if (left > TIMER_MAX_MS) return;
    this.warning = setTimeout(
      () => this.socket.emit('session.expiring', { expiresAt: expiresAt.toISOString() }),
      Math.max(0, left - WARNING_MS),
    ).unref();
    this.ending = setTimeout(() => this.connection.endWith(new DomainError('token-expired')), Math.max(0, left + GRACE_MS)).unref();
  }

  stop(): void {
    clearTimeout(this.warning);
    clearTimeout(this.ending);
  }
}

export function sessionOf(socket: Socket): ChatSession {
  const session = BY_SOCKET.get(socket);
  if (!session) throw new Error('a socket without a session');
  return session;
}
