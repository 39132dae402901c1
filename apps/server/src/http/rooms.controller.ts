import { Controller } from '@nestjs/common';
import { BanService, MemberService, PageCursors, RoomService, type Actor } from '@parley/domain';
import { banRoutes, presentBan, presentMember, presentRoom, roomRoutes, type In } from '@parley/protocol';
import type { Call } from './call.js';
import { Endpoint } from './endpoint.js';

@Controller()
export class RoomsController {
  constructor(
    private readonly rooms: RoomService,
    private readonly members: MemberService,
    private readonly bans: BanService,
    private readonly cursors: PageCursors,
  ) {}

  @Endpoint(roomRoutes.create)
  async create(actor: Actor, input: In<typeof roomRoutes.create>, call: Call) {
    const { view, isNew } = await this.rooms.create(actor, input);
    if (!isNew) call.status = 200;
    return { room: presentRoom(view) };
  }

  @Endpoint(roomRoutes.direct)
  async direct(actor: Actor, { userId }: In<typeof roomRoutes.direct>) {
    return { room: presentRoom(await this.rooms.direct(actor, userId)) };
  }

  @Endpoint(roomRoutes.list)
  async list(actor: Actor, { limit, cursor, ...filter }: In<typeof roomRoutes.list>) {
    const bound = this.cursors.bind(actor, 'rooms', filter);
    return bound.page(await this.rooms.list(actor, filter, bound.request(limit, cursor)), presentRoom);
  }

  @Endpoint(roomRoutes.get)
  async get(actor: Actor, { roomId }: In<typeof roomRoutes.get>) {
    return { room: presentRoom(await this.rooms.get(actor, roomId)) };
  }

  @Endpoint(roomRoutes.update)
  async update(actor: Actor, { roomId, ...patch }: In<typeof roomRoutes.update>) {
    return { room: presentRoom(await this.rooms.update(actor, roomId, patch)) };
  }

  @Endpoint(roomRoutes.dissolve)
  async dissolve(actor: Actor, { roomId }: In<typeof roomRoutes.dissolve>) {
    await this.rooms.dissolve(actor, roomId);
  }

  @Endpoint(roomRoutes.join)
  async join(actor: Actor, { roomId }: In<typeof roomRoutes.join>) {
    return { member: presentMember(await this.members.join(actor, roomId)) };
  }

  @Endpoint(roomRoutes.members)
  async listMembers(actor: Actor, { roomId, limit, cursor }: In<typeof roomRoutes.members>) {
    const bound = this.cursors.bind(actor, 'members', { roomId });
    return bound.page(await this.members.list(actor, roomId, bound.request(limit, cursor)), presentMember);
  }

  @Endpoint(roomRoutes.addMembers)
  async addMembers(actor: Actor, { roomId, userIds }: In<typeof roomRoutes.addMembers>) {
    return { results: [...(await this.members.add(actor, roomId, userIds))] };
  }

  @Endpoint(roomRoutes.updateMember)
  async updateMember(actor: Actor, { roomId, userId, ...patch }: In<typeof roomRoutes.updateMember>) {
    return { member: presentMember(await this.members.update(actor, roomId, userId, patch)) };
  }

  @Endpoint(roomRoutes.removeMember)
  async removeMember(actor: Actor, { roomId, userId, transferTo }: In<typeof roomRoutes.removeMember>) {
    await this.members.remove(actor, roomId, userId, transferTo);
  }

  @Endpoint(banRoutes.banFromRoom)
  async banFromRoom(actor: Actor, { roomId, ...request }: In<typeof banRoutes.banFromRoom>) {
    return { ban: presentBan(await this.bans.banFromRoom(actor, roomId, request)) };
  }

  @Endpoint(banRoutes.liftFromRoom)
  async liftFromRoom(actor: Actor, { roomId, userId }: In<typeof banRoutes.liftFromRoom>) {
    await this.bans.liftFromRoom(actor, roomId, userId);
  }

  @Endpoint(banRoutes.listOfRoom)
  async listOfRoom(actor: Actor, { limit, cursor, ...filter }: In<typeof banRoutes.listOfRoom>) {
    const bound = this.cursors.bind(actor, 'room-bans', filter);
    return bound.page(await this.bans.list(actor, filter, bound.request(limit, cursor)), presentBan);
  }

  @Endpoint(banRoutes.banFromTenant)
  async banFromTenant(actor: Actor, request: In<typeof banRoutes.banFromTenant>) {
    return { ban: presentBan(await this.bans.banFromTenant(actor, request)) };
  }

  @Endpoint(banRoutes.liftFromTenant)
  async liftFromTenant(actor: Actor, { userId }: In<typeof banRoutes.liftFromTenant>) {
    await this.bans.liftFromTenant(actor, userId);
  }

  @Endpoint(banRoutes.list)
  async listBans(actor: Actor, { limit, cursor, ...filter }: In<typeof banRoutes.list>) {
    const bound = this.cursors.bind(actor, 'bans', filter);
    return bound.page(await this.bans.list(actor, filter, bound.request(limit, cursor)), presentBan);
  }
}
