import { Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { pageFlags } from '../../flags.js';
import { time } from '../../output/format.js';

export default class BansList extends TenantCommand {
  static override summary = 'List bans in force';
  static override description = 'Bans of the tenant and of its rooms, newest first.';
  static override examples = ['<%= config.bin %> bans list --tenant acme', '<%= config.bin %> bans list --tenant acme --room lobby'];
  static override flags = {
    ...pageFlags,
    scope: Flags.option({ options: ['tenant', 'room'] as const, summary: 'Only bans of this reach' })(),
    room: Flags.string({ summary: 'Only bans of this room', exclusive: ['scope', 'user'] }),
    user: Flags.string({ char: 'u', summary: 'Only bans of this user' }),
  };

  async run() {
    const { flags } = await this.parse(BansList);
    const { api, tenantId } = await this.inTenant(flags);
    const roomId = flags.room;
    const page = await this.pages(flags, (asked) =>
      roomId === undefined
        ? api.call(routes.adminBans.list, { tenantId, scope: flags.scope, userId: flags.user, ...asked })
        : api.call(routes.adminBans.listOfRoom, { tenantId, roomId, ...asked }),
    );
    this.table(page.items, {
      USER: (ban) => ban.userId,
      ROOM: (ban) => ban.roomId ?? '(all)',
      SINCE: (ban) => time(ban.createdAt),
      UNTIL: (ban) => time(ban.expiresAt) ?? 'lifted',
      BY: (ban) => `${ban.createdByKind} ${ban.createdBy}`,
      REASON: (ban) => ban.reason,
    });
    return page;
  }
}
