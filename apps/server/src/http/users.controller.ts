import { Controller } from '@nestjs/common';
import { KeyService, PageCursors, UserService, type Actor } from '@parley/domain';
import { presentUser, tokenRoutes, userRoutes, type In } from '@parley/protocol';
import { Endpoint } from './endpoint.js';

@Controller()
export class UsersController {
  constructor(
    private readonly users: UserService,
    private readonly keys: KeyService,
    private readonly cursors: PageCursors,
  ) {}

  @Endpoint(userRoutes.me)
  async me(actor: Actor) {
    return { user: presentUser(await this.users.me(actor)) };
  }

  @Endpoint(userRoutes.updateMe)
  async updateMe(actor: Actor, input: In<typeof userRoutes.updateMe>) {
    return { user: presentUser(await this.users.updateMe(actor, input)) };
  }

  @Endpoint(userRoutes.put)
  async put(actor: Actor, { userId, ...profile }: In<typeof userRoutes.put>) {
    return { user: presentUser(await this.users.put(actor, userId, profile)) };
  }

  @Endpoint(userRoutes.putMany)
  async putMany(actor: Actor, { users }: In<typeof userRoutes.putMany>) {
    return { results: [...(await this.users.putMany(actor, users))] };
  }

  @Endpoint(userRoutes.get)
  async get(actor: Actor, { userId }: In<typeof userRoutes.get>) {
    return { user: presentUser(await this.users.get(actor, userId)) };
  }

  @Endpoint(userRoutes.list)
  async list(actor: Actor, { limit, cursor, ...filter }: In<typeof userRoutes.list>) {
    const bound = this.cursors.bind(actor, 'users', filter);
    return bound.page(await this.users.list(actor, filter, bound.request(limit, cursor)), presentUser);
  }

  @Endpoint(userRoutes.deactivate)
  async deactivate(actor: Actor, { userId }: In<typeof userRoutes.deactivate>) {
    return { user: presentUser(await this.users.setDeactivated(actor, userId, true)) };
  }

  @Endpoint(userRoutes.reactivate)
  async reactivate(actor: Actor, { userId }: In<typeof userRoutes.reactivate>) {
    return { user: presentUser(await this.users.setDeactivated(actor, userId, false)) };
  }

  @Endpoint(tokenRoutes.mint)
  async mint(actor: Actor, input: In<typeof tokenRoutes.mint>) {
    const { token, expiresAt } = await this.keys.mintToken(actor, input);
    return { token, expiresAt: expiresAt.toISOString() };
  }
}
