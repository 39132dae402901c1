import { Injectable } from '@nestjs/common';
import { PresenceService, type UserActor } from '@parley/domain';
import { presenceCommands, presentPresence, presentPresences, type In } from '@parley/protocol';
import { connectionOf } from './connections.js';
import { OnSocket, type Caller } from './on-socket.js';

type User = Caller<UserActor>;

@Injectable()
export class PresenceGateway {
  constructor(private readonly presence: PresenceService) {}

  @OnSocket(presenceCommands.set)
  async set({ actor }: User, { status }: In<typeof presenceCommands.set>) {
    return { presence: presentPresence(await this.presence.set(actor, status)) };
  }

  @OnSocket(presenceCommands.subscribe)
  async subscribe({ actor, socket }: User, { userIds }: In<typeof presenceCommands.subscribe>) {
    return presentPresences(await this.presence.watch(actor, connectionOf(socket), userIds));
  }

  @OnSocket(presenceCommands.unsubscribe)
  async unsubscribe({ socket }: User, { userIds }: In<typeof presenceCommands.unsubscribe>) {
    await this.presence.unwatch(connectionOf(socket), userIds);
    return {};
  }
}
