import { Injectable } from '@nestjs/common';
import { MessageService, ReceiptService, SyncService, TypingService, type UserActor } from '@parley/domain';
import {
  messageCommands,
  presentMessage,
  presentMessagePage,
  presentSent,
  presentSync,
  receiptCommands,
  syncCommands,
  typingCommands,
  type In,
} from '@parley/protocol';
import { OnSocket, type Caller } from './on-socket.js';

type User = Caller<UserActor>;

@Injectable()
export class MessagesGateway {
  constructor(
    private readonly messages: MessageService,
    private readonly receipts: ReceiptService,
    private readonly typing: TypingService,
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

  @OnSocket(typingCommands.start)
  async startTyping({ actor }: User, { roomId, action }: In<typeof typingCommands.start>) {
    await this.typing.start(actor, roomId, action);
    return {};
  }

  @OnSocket(typingCommands.stop)
  async stopTyping({ actor }: User, { roomId }: In<typeof typingCommands.stop>) {
    await this.typing.stop(actor, roomId);
    return {};
  }

  @OnSocket(syncCommands.sync)
  async sync({ actor }: User, input: In<typeof syncCommands.sync>) {
    return presentSync(await this.syncs.sync(actor, input), '');
  }
}
