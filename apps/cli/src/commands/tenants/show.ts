import { Args } from '@oclif/core';
import { routes } from '@parley/protocol';
import { ApiCommand } from '../../api.command.js';
import { time } from '../../output/format.js';

export default class TenantsShow extends ApiCommand {
  static override summary = 'Show a tenant';
  static override description = 'One tenant with its figures and settings.';
  static override examples = ['<%= config.bin %> tenants show acme', '<%= config.bin %> tenants show acme --json'];
  static override args = { tenant: Args.string({ required: true, description: 'Its id' }) };

  async run() {
    const { args, flags } = await this.parse(TenantsShow);
    const { api } = await this.connect(flags);
    const answer = await api.call(routes.tenants.get, { tenantId: args.tenant });
    const { tenant, figures } = answer;
    this.fields({
      Id: tenant.id,
      Name: tenant.name,
      Status: tenant.status,
      Suspended: time(tenant.suspendedAt),
      Created: time(tenant.createdAt),
      Users: figures.users,
      Rooms: figures.rooms,
      Messages: figures.messages,
      Bans: figures.bans,
      'First sight': tenant.settings.firstSight,
      'Direct rooms': tenant.settings.dmPolicy,
      Origins: tenant.settings.allowedOrigins.join(', ') || 'any',
      Limits:
        Object.entries(tenant.settings.limits)
          .map(([name, value]) => `${name}=${value}`)
          .join(' ') || 'default',
    });
    return answer;
  }
}
