import { Args } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { time } from '../../output/format.js';

export default class UsersShow extends TenantCommand {
  static override summary = 'Show a user';
  static override description = 'One user, and the ban that holds.';
  static override examples = ['<%= config.bin %> users show ann --tenant acme'];
  static override args = { user: Args.string({ required: true, description: 'Its id' }) };

  async run() {
    const { args, flags } = await this.parse(UsersShow);
    const { api, tenantId } = await this.inTenant(flags);
    const answer = await api.call(routes.adminUsers.get, { tenantId, userId: args.user });
    const { user } = answer;
    this.fields({
      Id: user.id,
      Name: user.name,
      Image: user.image,
      Metadata: JSON.stringify(user.metadata),
      Created: time(user.createdAt),
      Updated: time(user.updatedAt),
      Deactivated: time(user.deactivatedAt),
      Banned: user.ban && (time(user.ban.expiresAt)?.replace(/^/, 'until ') ?? 'until lifted'),
      Reason: user.ban?.reason,
    });
    return answer;
  }
}
