import { Args } from '@oclif/core';
import { routes } from '@parley/protocol';
import { ApiCommand } from '../../api.command.js';
import { dryRunFlag, yesFlag } from '../../flags.js';

export default class TenantsSuspend extends ApiCommand {
  static override summary = 'Suspend a tenant';
  static override description =
    'Refuses all its credentials and closes its sockets. Nothing is lost: chatctl tenants resume undoes it. Without a terminal it needs --yes.';
  static override examples = [
    '<%= config.bin %> tenants suspend acme',
    '<%= config.bin %> tenants suspend acme --yes',
    '<%= config.bin %> tenants suspend acme --dry-run',
  ];
  static override args = { tenant: Args.string({ required: true, description: 'Its id' }) };
  static override flags = { yes: yesFlag, 'dry-run': dryRunFlag };

  async run() {
    const { args, flags } = await this.parse(TenantsSuspend);
    const { api } = await this.connect(flags);
    const named = { tenantId: args.tenant };
    const { figures } = await api.call(routes.tenants.get, named);
    if (flags['dry-run']) return this.wouldCall(routes.tenants.suspend, named);
    await this.confirm(`Lock out the ${figures.users} users of ${args.tenant}?`, { yes: flags.yes, needsYes: true });
    const answer = await api.call(routes.tenants.suspend, named);
    this.log(`${answer.tenant.id} is ${answer.tenant.status}.`);
    return answer;
  }
}
