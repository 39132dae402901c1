import { Args } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { time } from '../../output/format.js';

export default class RoomsShow extends TenantCommand {
  static override summary = 'Show a room';
  static override description = 'One room: its settings, its position in the log, how many are in it.';
  static override examples = [
    '<%= config.bin %> rooms show lobby --tenant acme',
    '<%= config.bin %> rooms show lobby --tenant acme --json',
  ];
  static override args = { room: Args.string({ required: true, description: 'Its id' }) };

  async run() {
    const { args, flags } = await this.parse(RoomsShow);
    const { api, tenantId } = await this.inTenant(flags);
    const answer = await api.call(routes.adminRooms.get, { tenantId, roomId: args.room });
    const { room } = answer;
    this.fields({
      Id: room.id,
      Kind: room.kind,
      Name: room.name,
      Members: room.memberCount,
      Messages: room.lastSeq,
      Position: `pts ${room.pts}, epoch ${room.epoch}`,
      'Last message': time(room.lastMessage?.createdAt),
      'Join policy': room.settings.joinPolicy,
      History: room.settings.historyVisibility,
      Muted: room.settings.muted,
      Created: time(room.createdAt),
      'Created by': room.createdBy?.id,
      Dissolved: time(room.dissolvedAt),
      Metadata: JSON.stringify(room.metadata),
    });
    return answer;
  }
}
