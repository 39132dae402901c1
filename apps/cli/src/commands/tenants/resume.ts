import { Args } from '@oclif/core';
import { routes } from '@parley/protocol';
import { ApiCommand } from '../../api.command.js';

export default class TenantsResume extends ApiCommand {
  static override summary = 'Resume a suspended tenant';
  static override description = 'Lets its credentials in again; webhooks go on where they stopped.';
  static override examples = ['<%= config.bin %> tenants resume acme'];
  static override args = { tenant: Args.string({ required: true, description: 'Its id' }) };

  async run() {
    const { args, flags } = await this.parse(TenantsResume);
    const { api } = await this.connect(flags);
    const answer = await api.call(routes.tenants.resume, { tenantId: args.tenant });
    this.log(`${answer.tenant.id} is ${answer.tenant.status}.`);
    return answer;
  }
}
