import { Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { durationFlag } from '../../flags.js';

export default class TokensMint extends TenantCommand {
  static override summary = 'Mint a user token';
  static override description = 'Prints just the token, to try things as a user of a tenant. It lives an hour unless told otherwise.';
  static override examples = [
    '<%= config.bin %> tokens mint --tenant acme --user ann',
    'TOKEN=$(<%= config.bin %> tokens mint --tenant acme --user ann --expires 15m)',
  ];
  static override flags = {
    user: Flags.string({ char: 'u', required: true, summary: 'Whose token' }),
    expires: durationFlag({ summary: 'How long it lives; default 1h' }),
    device: Flags.string({ summary: 'The device it is for' }),
    name: Flags.string({ summary: 'Name of a user not seen before' }),
  };

  async run() {
    const { flags } = await this.parse(TokensMint);
    const { api, tenantId } = await this.inTenant(flags);
    const answer = await api.call(routes.adminKeys.mintToken, {
      tenantId,
      userId: flags.user,
      expiresInSeconds: flags.expires,
      device: flags.device,
      name: flags.name,
    });
    this.log(answer.token);
    return answer;
  }
}
