import { Controller } from '@nestjs/common';
import { BanService, KeyService, PageCursors, UserService, type OperatorActor } from '@parley/domain';
import {
  adminBanRoutes,
  adminKeyRoutes,
  adminUserRoutes,
  presentApiKey,
  presentBan,
  presentSigningKey,
  presentUser,
  type In,
} from '@parley/protocol';
import { Endpoint } from './endpoint.js';

/** What operators do in one tenant: credentials, users, bans. The tenant in the path is the one the guard admitted them to. */
@Controller()
export class AdminUsersController {
  constructor(
    private readonly users: UserService,
    private readonly bans: BanService,
    private readonly keys: KeyService,
    private readonly cursors: PageCursors,
  ) {}

  @Endpoint(adminUserRoutes.list)
  async list(actor: OperatorActor, { tenantId: _, limit, cursor, ...filter }: In<typeof adminUserRoutes.list>) {
    const bound = this.cursors.bind(actor, 'users', filter);
    return bound.page(await this.users.list(actor, filter, bound.request(limit, cursor)), presentUser);
  }

  @Endpoint(adminUserRoutes.get)
  async get(actor: OperatorActor, { userId }: In<typeof adminUserRoutes.get>) {
    const { user, ban } = await this.users.inspect(actor, userId);
    return { user: { ...presentUser(user), ban: ban && presentBan(ban) } };
  }

  @Endpoint(adminUserRoutes.put)
  async put(actor: OperatorActor, { tenantId: _, userId, ...profile }: In<typeof adminUserRoutes.put>) {
    return { user: presentUser(await this.users.put(actor, userId, profile)) };
  }

  @Endpoint(adminUserRoutes.deactivate)
  async deactivate(actor: OperatorActor, { userId }: In<typeof adminUserRoutes.deactivate>) {
    return { user: presentUser(await this.users.setDeactivated(actor, userId, true)) };
  }

  @Endpoint(adminUserRoutes.reactivate)
  async reactivate(actor: OperatorActor, { userId }: In<typeof adminUserRoutes.reactivate>) {
    return { user: presentUser(await this.users.setDeactivated(actor, userId, false)) };
  }

  @Endpoint(adminBanRoutes.list)
  async listBans(actor: OperatorActor, { tenantId: _, limit, cursor, ...filter }: In<typeof adminBanRoutes.list>) {
    const bound = this.cursors.bind(actor, 'bans', filter);
    return bound.page(await this.bans.list(actor, filter, bound.request(limit, cursor)), presentBan);
  }

  @Endpoint(adminBanRoutes.banFromTenant)
  async banFromTenant(actor: OperatorActor, { tenantId: _, ...request }: In<typeof adminBanRoutes.banFromTenant>) {
    return { ban: presentBan(await this.bans.banFromTenant(actor, request)) };
  }

  @Endpoint(adminBanRoutes.liftFromTenant)
  async liftFromTenant(actor: OperatorActor, { userId }: In<typeof adminBanRoutes.liftFromTenant>) {
    await this.bans.liftFromTenant(actor, userId);
  }

  @Endpoint(adminBanRoutes.listOfRoom)
  async listOfRoom(actor: OperatorActor, { roomId, limit, cursor }: In<typeof adminBanRoutes.listOfRoom>) {
    const bound = this.cursors.bind(actor, 'room-bans', { roomId });
    return bound.page(await this.bans.list(actor, { roomId }, bound.request(limit, cursor)), presentBan);
  }

  @Endpoint(adminBanRoutes.banFromRoom)
  async banFromRoom(actor: OperatorActor, { tenantId: _, roomId, ...request }: In<typeof adminBanRoutes.banFromRoom>) {
    return { ban: presentBan(await this.bans.banFromRoom(actor, roomId, request)) };
  }

  @Endpoint(adminBanRoutes.liftFromRoom)
  async liftFromRoom(actor: OperatorActor, { roomId, userId }: In<typeof adminBanRoutes.liftFromRoom>) {
    await this.bans.liftFromRoom(actor, roomId, userId);
  }

  @Endpoint(adminKeyRoutes.list)
  async listKeys(actor: OperatorActor, { limit, cursor }: In<typeof adminKeyRoutes.list>) {
    const bound = this.cursors.bind(actor, 'keys', {});
    return bound.page(await this.keys.listApiKeys(actor, bound.request(limit, cursor)), presentApiKey);
  }

  @Endpoint(adminKeyRoutes.create)
  async createKey(actor: OperatorActor, { name, scopes }: In<typeof adminKeyRoutes.create>) {
    const { key, secret } = await this.keys.createApiKey(actor, { name, scopes });
    return { key: presentApiKey(key), secret };
  }

  @Endpoint(adminKeyRoutes.revoke)
  async revokeKey(actor: OperatorActor, { keyId }: In<typeof adminKeyRoutes.revoke>) {
    await this.keys.revokeApiKey(actor, keyId);
  }

  @Endpoint(adminKeyRoutes.listSigning)
  async listSigningKeys(actor: OperatorActor, { limit, cursor }: In<typeof adminKeyRoutes.listSigning>) {
    const bound = this.cursors.bind(actor, 'signing-keys', {});
    return bound.page(await this.keys.listSigningKeys(actor, bound.request(limit, cursor)), presentSigningKey);
  }

  @Endpoint(adminKeyRoutes.createSigning)
  async createSigningKey(actor: OperatorActor, { secret }: In<typeof adminKeyRoutes.createSigning>) {
    const made = await this.keys.createSigningKey(actor, { secret });
    return { key: presentSigningKey(made.key), secret: made.secret };
  }

  @Endpoint(adminKeyRoutes.revokeSigning)
  async revokeSigningKey(actor: OperatorActor, { keyId }: In<typeof adminKeyRoutes.revokeSigning>) {
    await this.keys.revokeSigningKey(actor, keyId);
  }

  @Endpoint(adminKeyRoutes.mintToken)
  async mintToken(actor: OperatorActor, { tenantId: _, ...request }: In<typeof adminKeyRoutes.mintToken>) {
    const { token, expiresAt } = await this.keys.mintToken(actor, request);
    return { token, expiresAt: expiresAt.toISOString() };
  }
}
