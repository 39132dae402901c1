import { Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { CommandError } from '../../errors.js';
import { EXIT } from '../../exit-codes.js';
import { time } from '../../output/format.js';
import { MAX_PAGES } from '../../paging.js';

export default class MessagesList extends TenantCommand {
  static override summary = 'List messages of a room';
  static override description = 'As they are today, ascending; the newest unless told otherwise. Reading them is audited.';
  static override examples = [
    '<%= config.bin %> messages list --tenant acme --room lobby',
    '<%= config.bin %> messages list --tenant acme --room lobby --after 120 --limit 50',
    '<%= config.bin %> messages list --tenant acme --room lobby --all --json',
  ];
  static override flags = {
    room: Flags.string({ char: 'r', required: true, summary: 'Which room' }),
    limit: Flags.integer({ min: 1, max: 100, summary: 'How many, 1 to 100; default 50' }),
    before: Flags.integer({ min: 1, summary: 'Older than this seq', exclusive: ['after', 'all'] }),
    after: Flags.integer({ min: 0, summary: 'Newer than this seq' }),
    all: Flags.boolean({ summary: 'Everything from --after (or the beginning) on' }),
  };

  async run() {
    const { flags } = await this.parse(MessagesList);
    const { api, tenantId } = await this.inTenant(flags);
    const window = (afterSeq: number | undefined) =>
      api.call(routes.adminRooms.messages, {
        tenantId,
        roomId: flags.room,
        limit: flags.limit ?? (flags.all ? 100 : undefined),
        beforeSeq: flags.before,
        afterSeq,
      });
    let page = await window(flags.all ? (flags.after ?? 0) : flags.after);
    for (let count = 1; flags.all && page.hasMoreAfter && count < MAX_PAGES; count += 1) {
      const next = await window(page.items.at(-1)?.seq);
      if (next.items.length === 0) throw new CommandError('The server promises more messages and sends none.', EXIT.unexpected);
      page = { ...next, items: [...page.items, ...next.items], hasMoreBefore: page.hasMoreBefore };
      this.progress(page.items.length);
    }
    this.table(page.items, {
      SEQ: (message) => message.seq,
      TIME: (message) => time(message.createdAt),
      SENDER: (message) => message.sender.id,
      TEXT: (message) => (message.deleted ? '(deleted)' : message.text),
    });
    return page;
  }
}
