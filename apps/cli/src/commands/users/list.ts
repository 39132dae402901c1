import { Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { pageFlags } from '../../flags.js';
import { time } from '../../output/format.js';

export default class UsersList extends TenantCommand {
  static override summary = 'List users of a tenant';
  static override description = 'Users by id.';
  static override examples = [
    '<%= config.bin %> users list --tenant acme',
    '<%= config.bin %> users list --tenant acme --banned --all --json',
  ];
  static override flags = {
    ...pageFlags,
    query: Flags.string({ char: 'q', summary: 'Beginning of the id, or part of the name' }),
    banned: Flags.boolean({ allowNo: true, summary: 'Only the banned, or only the others' }),
    deactivated: Flags.boolean({ allowNo: true, summary: 'Only the deactivated, or only the others' }),
  };

  async run() {
    const { flags } = await this.parse(UsersList);
    const { api, tenantId } = await this.inTenant(flags);
    const filter = { tenantId, q: flags.query, banned: flags.banned, deactivated: flags.deactivated };
    const page = await this.pages(flags, (asked) => api.call(routes.adminUsers.list, { ...filter, ...asked }));
    this.table(page.items, {
      ID: (user) => user.id,
      NAME: (user) => user.name,
      CREATED: (user) => time(user.createdAt),
      DEACTIVATED: (user) => time(user.deactivatedAt),
    });
    return page;
  }
}
