import { Args, Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { ApiCommand } from '../../api.command.js';

export default class TenantsCreate extends ApiCommand {
  static override summary = 'Create a tenant';
  static override description = 'A tenant is one isolated customer app. It has no key yet: chatctl keys create makes one.';
  static override examples = [
    '<%= config.bin %> tenants create acme',
    '<%= config.bin %> tenants create acme --name "Acme Inc." --no-first-sight',
  ];
  static override args = { tenant: Args.string({ required: true, description: 'Its id: 1 to 63 of a-z 0-9 -' }) };
  static override flags = {
    name: Flags.string({ summary: 'For people; default: the id' }),
    'first-sight': Flags.boolean({ allowNo: true, summary: 'Does a token of an unknown user create that user?' }),
  };

  async run() {
    const { args, flags } = await this.parse(TenantsCreate);
    const { api } = await this.connect(flags);
    const settings = flags['first-sight'] === undefined ? undefined : { firstSight: flags['first-sight'] };
    const answer = await api.call(routes.tenants.create, { id: args.tenant, name: flags.name, settings });
    this.fields({ Id: answer.tenant.id, Name: answer.tenant.name, Status: answer.tenant.status });
    this.hint(`Next: ${this.config.bin} keys create --tenant ${answer.tenant.id} --name backend`);
    return answer;
  }
}
