import { Injectable } from '@nestjs/common';
import { Connections, ListenService, MemberService, PageCursors, RoomService, type UserActor } from '@parley/domain';
import { presentMember, presentRoom, roomCommands, type In } from '@parley/protocol';
import { connectionOf } from './connections.js';
import { OnSocket, type Caller } from './on-socket.js';

type User = Caller<UserActor>;

@Injectable()
export class RoomsGateway {
  constructor(
    private readonly rooms: RoomService,
    private readonly members: MemberService,
    private readonly listen: ListenService,
    private readonly connections: Connections,
    private readonly cursors: PageCursors,
  ) {}

  @OnSocket(roomCommands.create)
  async create({ actor }: User, input: In<typeof roomCommands.create>) {
    return { room: presentRoom((await this.rooms.create(actor, input)).view) };
  }

  @OnSocket(roomCommands.direct)
  async direct(caller: User, { userId }: In<typeof roomCommands.direct>) {
    return { room: presentRoom(await this.rooms.direct(caller.actor, userId)) };
  }

  @OnSocket(roomCommands.list)
  async list({ actor }: User, { limit, cursor, ...filter }: In<typeof roomCommands.list>) {
    const bound = this.cursors.bind(actor, 'room.list', filter);
    return bound.page(await this.rooms.list(actor, filter, bound.request(limit, cursor)), presentRoom);
  }

  @OnSocket(roomCommands.get)
  async get({ actor }: User, { roomId }: In<typeof roomCommands.get>) {
    return { room: presentRoom(await this.rooms.get(actor, roomId)) };
  }

  @OnSocket(roomCommands.update)
  async update({ actor }: User, { roomId, ...patch }: In<typeof roomCommands.update>) {
    return { room: presentRoom(await this.rooms.update(actor, roomId, patch)) };
  }

  @OnSocket(roomCommands.dissolve)
  async dissolve({ actor }: User, { roomId }: In<typeof roomCommands.dissolve>) {
    await this.rooms.dissolve(actor, roomId);
    return {};
  }

  @OnSocket(roomCommands.join)
  async join({ actor }: User, { roomId }: In<typeof roomCommands.join>) {
    return { member: presentMember(await this.members.join(actor, roomId)) };
  }

  @OnSocket(roomCommands.leave)
  async leave({ actor }: User, { roomId, transferTo }: In<typeof roomCommands.leave>) {
    await this.members.remove(actor, roomId, actor.user.id, transferTo);
    return {};
  }

  @OnSocket(roomCommands.subscribe)
  async subscribe({ actor, socket }: User, { roomId }: In<typeof roomCommands.subscribe>) {
    const connection = connectionOf(socket);
    return {
      room: presentRoom(await this.listen.toOne(actor, roomId, (room, isReader) => this.connections.subscribe(connection, room, isReader))),
    };
  }

  @OnSocket(roomCommands.unsubscribe)
  async unsubscribe({ actor, socket }: User, { roomId }: In<typeof roomCommands.unsubscribe>) {
    const { room } = await this.rooms.get(actor, roomId);
    this.connections.unsubscribe(connectionOf(socket), { tenantId: actor.tenantId, roomNo: room.no });
    return {};
  }

  @OnSocket(roomCommands.members)
  async listMembers({ actor }: User, { roomId, limit, cursor }: In<typeof roomCommands.members>) {
    const bound = this.cursors.bind(actor, 'member.list', { roomId });
    return bound.page(await this.members.list(actor, roomId, bound.request(limit, cursor)), presentMember);
  }

  @OnSocket(roomCommands.addMembers)
  async addMembers({ actor }: User, { roomId, userIds }: In<typeof roomCommands.addMembers>) {
    return { results: [...(await this.members.add(actor, roomId, userIds))] };
  }

  @OnSocket(roomCommands.removeMember)
  async removeMember({ actor }: User, { roomId, userId }: In<typeof roomCommands.removeMember>) {
    await this.members.remove(actor, roomId, userId);
    return {};
  }

  @OnSocket(roomCommands.updateMember)
  async updateMember({ actor }: User, { roomId, userId, ...patch }: In<typeof roomCommands.updateMember>) {
    return { member: presentMember(await this.members.update(actor, roomId, userId, patch)) };
  }
}
