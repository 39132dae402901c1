import { Controller } from '@nestjs/common';
import { MessageService, ReceiptService, SyncService, TypingService, type Actor } from '@parley/domain';
import {
  messageRoutes,
  presentMessage,
  presentMessagePage,
  presentRoomEvent,
  presentSent,
  presentSync,
  receiptRoutes,
  syncRoutes,
  typingRoutes,
  type In,
} from '@parley/protocol';
import type { Call } from './call.js';
import { Endpoint } from './endpoint.js';

@Controller()
export class MessagesController {
  constructor(
    private readonly messages: MessageService,
    private readonly receipts: ReceiptService,
    private readonly typing: TypingService,
    private readonly syncs: SyncService,
  ) {}

  @Endpoint(messageRoutes.send)
  async send(actor: Actor, input: In<typeof messageRoutes.send>) {
    return presentSent(await this.messages.send(actor, input));
  }

  @Endpoint(messageRoutes.list)
  async list(actor: Actor, { roomId, ...window }: In<typeof messageRoutes.list>) {
    return presentMessagePage(await this.messages.list(actor, roomId, window));
  }

  @Endpoint(messageRoutes.get)
  async get(actor: Actor, { roomId, messageId }: In<typeof messageRoutes.get>) {
    return { message: presentMessage(await this.messages.get(actor, roomId, messageId)) };
  }

  @Endpoint(messageRoutes.delete)
  async delete(actor: Actor, { roomId, messageId, reason }: In<typeof messageRoutes.delete>) {
    return { message: presentMessage(await this.messages.delete(actor, roomId, messageId, reason)) };
  }

  @Endpoint(receiptRoutes.mark)
  async mark(actor: Actor, { roomId, kind, seq }: In<typeof receiptRoutes.mark>) {
    return this.receipts.mark(actor, roomId, kind, seq);
  }

  @Endpoint(typingRoutes.start)
  async startTyping(actor: Actor, { roomId, action }: In<typeof typingRoutes.start>) {
    await this.typing.start(actor, roomId, action);
    return {};
  }

  @Endpoint(typingRoutes.stop)
  async stopTyping(actor: Actor, { roomId }: In<typeof typingRoutes.stop>) {
    await this.typing.stop(actor, roomId);
  }

  @Endpoint(syncRoutes.sync)
  async sync(actor: Actor, input: In<typeof syncRoutes.sync>, call: Call) {
    return presentSync(await this.syncs.sync(actor, input), call.info.requestId);
  }

  @Endpoint(syncRoutes.events)
  async events(actor: Actor, { roomId, afterPts, limit, epoch }: In<typeof syncRoutes.events>) {
    const slice = await this.syncs.events(actor, roomId, afterPts, limit, epoch);
    return { ...slice, events: slice.events.map(presentRoomEvent) };
  }
}
