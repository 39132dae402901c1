import { Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { ApiCommand } from '../../api.command.js';
import { pageFlags } from '../../flags.js';
import { time } from '../../output/format.js';

export default class TenantsList extends ApiCommand {
  static override summary = 'List tenants';
  static override description = 'Tenants by id, those that this operator may see.';
  static override examples = ['<%= config.bin %> tenants list', '<%= config.bin %> tenants list --status suspended --json'];
  static override flags = {
    ...pageFlags,
    query: Flags.string({ char: 'q', summary: 'Part of the id or name' }),
    status: Flags.option({ options: ['active', 'suspended'] as const, summary: 'Only these' })(),
  };

  async run() {
    const { flags } = await this.parse(TenantsList);
    const { api } = await this.connect(flags);
    const page = await this.pages(flags, (asked) => api.call(routes.tenants.list, { q: flags.query, status: flags.status, ...asked }));
    this.table(page.items, {
      ID: (tenant) => tenant.id,
      NAME: (tenant) => tenant.name,
      STATUS: (tenant) => tenant.status,
      CREATED: (tenant) => time(tenant.createdAt),
    });
    return page;
  }
}
