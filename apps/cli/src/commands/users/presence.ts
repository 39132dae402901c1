import { Args } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { time } from '../../output/format.js';

export default class UsersPresence extends TenantCommand {
  static override summary = 'Show who is there';
  static override description = 'Of up to 100 users, as other users see them. Ids nobody has are named on their own.';
  static override examples = [
    '<%= config.bin %> users presence ann --tenant acme',
    '<%= config.bin %> users presence ann,bo --tenant acme --json',
  ];
  static override args = { users: Args.string({ required: true, description: 'Their ids, separated by commas' }) };

  async run() {
    const { args, flags } = await this.parse(UsersPresence);
    const { api, tenantId } = await this.inTenant(flags);
    const answer = await api.call(routes.adminUsers.presence, { tenantId, userIds: args.users });
    this.table(answer.presences, {
      USER: ({ userId }) => userId,
      STATUS: ({ status }) => status,
      CONNECTIONS: ({ connections }) => connections,
      'LAST SEEN': ({ lastSeenAt, lastSeen }) => time(lastSeenAt) ?? lastSeen,
    });
    if (answer.denied.length > 0) this.note(`Nobody has the id ${answer.denied.join(', ')}`);
    return answer;
  }
}
