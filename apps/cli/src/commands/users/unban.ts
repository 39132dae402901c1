import { Args, Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';

export default class UsersUnban extends TenantCommand {
  static override summary = 'Lift a ban';
  static override description = "Lifts the tenant's ban or, with --room, the ban of one room.";
  static override examples = [
    '<%= config.bin %> users unban mallory --tenant acme',
    '<%= config.bin %> users unban mallory --tenant acme --room lobby',
  ];
  static override args = { user: Args.string({ required: true, description: 'Its id' }) };
  static override flags = { room: Flags.string({ summary: 'The ban of this room' }) };

  async run() {
    const { args, flags } = await this.parse(UsersUnban);
    const { api, tenantId } = await this.inTenant(flags);
    const named = { tenantId, userId: args.user };
    if (flags.room === undefined) await api.call(routes.adminBans.liftFromTenant, named);
    else await api.call(routes.adminBans.liftFromRoom, { ...named, roomId: flags.room });
    this.log(`${args.user} may enter ${flags.room ?? tenantId} again.`);
    return {};
  }
}
