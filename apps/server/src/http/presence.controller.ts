import { Controller } from '@nestjs/common';
import { PresenceService, type Actor } from '@parley/domain';
import { adminUserRoutes, presenceRoutes, presentPresence, presentPresences, type In } from '@parley/protocol';
import { Endpoint } from './endpoint.js';

@Controller()
export class PresenceController {
  constructor(private readonly presence: PresenceService) {}

  @Endpoint(presenceRoutes.get)
  async get(actor: Actor, { userIds }: In<typeof presenceRoutes.get>) {
    return presentPresences(await this.presence.get(actor, userIds));
  }

  @Endpoint(presenceRoutes.set)
  async set(actor: Actor, { status }: In<typeof presenceRoutes.set>) {
    return { presence: presentPresence(await this.presence.set(actor, status)) };
  }

  @Endpoint(adminUserRoutes.presence)
  async ofUsers(actor: Actor, { userIds }: In<typeof adminUserRoutes.presence>) {
    return presentPresences(await this.presence.get(actor, userIds));
  }
}
