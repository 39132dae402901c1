import { Injectable } from '@nestjs/common';
import { MessageService, ReceiptService, SyncService, type UserActor } from '@parley/domain';
import {
  messageCommands,
  presentMessage,
  presentMessagePage,
  presentSent,
  presentSync,
  receiptCommands,
  syncCommands,
  type In,
} from '@parley/protocol';
import { OnSocket, type Caller } from './on-socket.js';

type User = Caller<UserActor>;

@Injectable()
export class MessagesGateway {
  constructor(
    private readonly messages: MessageService,
    private readonly receipts: ReceiptService,
    private readonly syncs: SyncService,
  ) {}

  @OnSocket(messageCommands.send)
  async send({ actor }: User, input: In<typeof messageCommands.send>) {
    return presentSent(await this.messages.send(actor, input));
  }

  @OnSocket(messageCommands.list)
  async list({ actor }: User, { roomId, ...window }: In<typeof messageCommands.list>) {
    return presentMessagePage(await this.messages.list(actor, roomId, window));
  }

  @OnSocket(messageCommands.delete)
  async delete({ actor }: User, { roomId, messageId, reason }: In<typeof messageCommands.delete>) {
    return { message: presentMessage(await this.messages.delete(actor, roomId, messageId, reason)) };
  }

  @OnSocket(receiptCommands.mark)
  async mark({ actor }: User, { roomId, kind, seq }: In<typeof receiptCommands.mark>) {
    return { ...(await this.receipts.mark(actor, roomId, kind, seq)) };
  }

  @OnSocket(syncCommands.sync)
  async sync({ actor }: User, input: In<typeof syncCommands.sync>) {
    return presentSync(await this.syncs.sync(actor, input), '');
  }
}
