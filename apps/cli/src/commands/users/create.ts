import { Args, Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { jsonObjectFlag } from '../../flags.js';

export default class UsersCreate extends TenantCommand {
  static override summary = 'Create or change a user';
  static override description = 'Repeatable: a user that is there keeps what is not named.';
  static override examples = [
    '<%= config.bin %> users create ann --tenant acme --name "Ann Li"',
    `<%= config.bin %> users create bot-1 --tenant acme --metadata '{"kind":"bot"}'`,
  ];
  static override args = { user: Args.string({ required: true, description: 'Its id: 1 to 128 of A-Z a-z 0-9 . _ : @ | ~ -' }) };
  static override flags = {
    name: Flags.string({ summary: 'Display name' }),
    image: Flags.string({ summary: 'http(s) address of a picture' }),
    metadata: jsonObjectFlag({ summary: "The app's own data, at most 8 kB" }),
  };

  async run() {
    const { args, flags } = await this.parse(UsersCreate);
    const { api, tenantId } = await this.inTenant(flags);
    const answer = await api.call(routes.adminUsers.put, {
      tenantId,
      userId: args.user,
      name: flags.name,
      image: flags.image,
      metadata: flags.metadata,
    });
    this.fields({ Id: answer.user.id, Name: answer.user.name, Image: answer.user.image });
    return answer;
  }
}
