import { Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { pageFlags } from '../../flags.js';
import { time } from '../../output/format.js';

export default class RoomsList extends TenantCommand {
  static override summary = 'List rooms of a tenant';
  static override description = 'Newest activity first.';
  static override examples = [
    '<%= config.bin %> rooms list --tenant acme',
    '<%= config.bin %> rooms list --tenant acme --kind group --member ann',
  ];
  static override flags = {
    ...pageFlags,
    kind: Flags.option({ options: ['direct', 'group', 'channel'] as const, summary: 'Only this kind' })(),
    member: Flags.string({ summary: 'Only rooms of this user' }),
    query: Flags.string({ char: 'q', summary: 'Part of the name' }),
  };

  async run() {
    const { flags } = await this.parse(RoomsList);
    const { api, tenantId } = await this.inTenant(flags);
    const filter = { tenantId, kind: flags.kind, memberId: flags.member, q: flags.query };
    const page = await this.pages(flags, (asked) => api.call(routes.adminRooms.list, { ...filter, ...asked }));
    this.table(page.items, {
      ID: (room) => room.id,
      KIND: (room) => room.kind,
      MEMBERS: (room) => room.memberCount,
      MESSAGES: (room) => room.lastSeq,
      'LAST MESSAGE': (room) => time(room.lastMessage?.createdAt),
      NAME: (room) => room.name,
    });
    return page;
  }
}
