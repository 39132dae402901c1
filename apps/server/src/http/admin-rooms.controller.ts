import { Controller } from '@nestjs/common';
import { AuditService, MemberService, MessageService, PageCursors, RoomService, type OperatorActor } from '@parley/domain';
import { adminRoomRoutes, presentMember, presentMessage, presentMessagePage, presentRoom, presentSent, type In } from '@parley/protocol';
import { Endpoint } from './endpoint.js';

/** What operators do with the rooms of one tenant. Reading what users said leaves a trace first. */
@Controller()
export class AdminRoomsController {
  constructor(
    private readonly rooms: RoomService,
    private readonly members: MemberService,
    private readonly messages: MessageService,
    private readonly audit: AuditService,
    private readonly cursors: PageCursors,
  ) {}

  /** Without the last message: a list is no way to read along unnoticed. */
  @Endpoint(adminRoomRoutes.list)
  async list(actor: OperatorActor, { tenantId: _, limit, cursor, ...filter }: In<typeof adminRoomRoutes.list>) {
    const bound = this.cursors.bind(actor, 'rooms', filter);
    return bound.page(await this.rooms.list(actor, filter, bound.request(limit, cursor)), (view) =>
      presentRoom({ ...view, lastMessage: undefined }),
    );
  }

  @Endpoint(adminRoomRoutes.create)
  async create(actor: OperatorActor, { tenantId: _, ...request }: In<typeof adminRoomRoutes.create>) {
    return { room: presentRoom((await this.rooms.create(actor, request)).view) };
  }

  @Endpoint(adminRoomRoutes.get)
  async get(actor: OperatorActor, { roomId }: In<typeof adminRoomRoutes.get>) {
    return { room: presentRoom({ ...(await this.rooms.get(actor, roomId)), lastMessage: undefined }) };
  }

  @Endpoint(adminRoomRoutes.update)
  async update(actor: OperatorActor, { tenantId: _, roomId, ...patch }: In<typeof adminRoomRoutes.update>) {
    return { room: presentRoom({ ...(await this.rooms.update(actor, roomId, patch)), lastMessage: undefined }) };
  }

  @Endpoint(adminRoomRoutes.dissolve)
  async dissolve(actor: OperatorActor, { roomId }: In<typeof adminRoomRoutes.dissolve>) {
    await this.rooms.dissolve(actor, roomId);
  }

  @Endpoint(adminRoomRoutes.members)
  async listMembers(actor: OperatorActor, { roomId, limit, cursor }: In<typeof adminRoomRoutes.members>) {
    const bound = this.cursors.bind(actor, 'members', { roomId });
    return bound.page(await this.members.list(actor, roomId, bound.request(limit, cursor)), presentMember);
  }

  @Endpoint(adminRoomRoutes.addMembers)
  async addMembers(actor: OperatorActor, { roomId, userIds }: In<typeof adminRoomRoutes.addMembers>) {
    return { results: [...(await this.members.add(actor, roomId, userIds))] };
  }

  @Endpoint(adminRoomRoutes.updateMember)
  async updateMember(actor: OperatorActor, { tenantId: _, roomId, userId, ...patch }: In<typeof adminRoomRoutes.updateMember>) {
    return { member: presentMember(await this.members.update(actor, roomId, userId, patch)) };
  }

  @Endpoint(adminRoomRoutes.removeMember)
  async removeMember(actor: OperatorActor, { roomId, userId }: In<typeof adminRoomRoutes.removeMember>) {
    await this.members.remove(actor, roomId, userId);
  }

  @Endpoint(adminRoomRoutes.messages)
  async listMessages(actor: OperatorActor, { tenantId: _, roomId, ...window }: In<typeof adminRoomRoutes.messages>) {
    await this.audit.noteReading(actor, roomId);
    return presentMessagePage(await this.messages.list(actor, roomId, window));
  }

  @Endpoint(adminRoomRoutes.deleteMessage)
  async deleteMessage(actor: OperatorActor, { roomId, messageId, reason }: In<typeof adminRoomRoutes.deleteMessage>) {
    return { message: presentMessage(await this.messages.delete(actor, roomId, messageId, reason)) };
  }

  @Endpoint(adminRoomRoutes.sendMessage)
  async sendMessage(actor: OperatorActor, { roomId, asUserId, clientMessageId, text }: In<typeof adminRoomRoutes.sendMessage>) {
    return presentSent(await this.messages.sendAs(actor, asUserId, { roomId, clientMessageId, type: 'text', text }));
  }
}
