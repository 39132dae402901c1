import { Injectable } from '@nestjs/common';
import { AuthService, DomainError, PresenceService, type UserActor } from '@parley/domain';
import { sessionCommands, type In } from '@parley/protocol';
import { OnSocket, type Caller } from './on-socket.js';
import { sessionOf } from './chat-session.js';
import { connectionOf } from './connections.js';

type User = Caller<UserActor>;

@Injectable()
export class SessionGateway {
  constructor(
    private readonly auth: AuthService,
    private readonly presence: PresenceService,
  ) {}

  /** The same user with a newer token keeps the socket. */
  @OnSocket(sessionCommands.renew)
  async renew({ actor, socket }: User, { token }: In<typeof sessionCommands.renew>) {
    const renewed = await this.auth.userByToken(token, actor.call);
    if (renewed.tenantId !== actor.tenantId || renewed.user.no !== actor.user.no || !renewed.expiresAt) {
      throw new DomainError('token-invalid', { detail: 'the token is of another user' });
    }
    sessionOf(socket).renew(renewed);
    return { expiresAt: renewed.expiresAt.toISOString() };
  }

  @OnSocket(sessionCommands.state)
  async state({ socket }: User, { state }: In<typeof sessionCommands.state>) {
    const connection = connectionOf(socket);
    connection.isInBackground = state === 'background';
    this.presence.note(connection.user);
    return {};
  }
}
