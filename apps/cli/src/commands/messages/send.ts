import { randomUUID } from 'node:crypto';
import { Args, Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';

export default class MessagesSend extends TenantCommand {
  static override summary = 'Send a message as a user';
  static override description =
    'Audited. The clientMessageId is made up unless given; with one of your own the call is safe to repeat: the answer is then the first message.';
  static override examples = [
    '<%= config.bin %> messages send --tenant acme --room lobby --as ann "Hello"',
    '<%= config.bin %> messages send --tenant acme --room lobby --as bot "Deployed" --client-message-id deploy-42',
  ];
  static override args = { text: Args.string({ required: true, description: 'What is said' }) };
  static override flags = {
    room: Flags.string({ char: 'r', required: true, summary: 'Where' }),
    as: Flags.string({ required: true, summary: 'The user who says it' }),
    'client-message-id': Flags.string({ summary: 'Unique per sender and room for ever' }),
  };

  async run() {
    const { args, flags } = await this.parse(MessagesSend);
    const { api, tenantId } = await this.inTenant(flags);
    const clientMessageId = flags['client-message-id'] ?? randomUUID();
    const answer = await api.call(routes.adminRooms.sendMessage, {
      tenantId,
      roomId: flags.room,
      asUserId: flags.as,
      clientMessageId,
      text: args.text,
    });
    const { message } = answer;
    this.fields({
      Id: message.id,
      Room: message.roomId,
      Seq: message.seq,
      'Client id': message.clientMessageId,
      Repeated: answer.deduplicated || undefined,
    });
    return answer;
  }
}
