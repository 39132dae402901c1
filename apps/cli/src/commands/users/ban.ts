import { Args, Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { dryRunFlag, durationFlag, yesFlag } from '../../flags.js';
import { time } from '../../output/format.js';

export default class UsersBan extends TenantCommand {
  static override summary = 'Ban a user from the tenant or a room';
  static override description =
    'From the whole tenant (sockets close, tokens are refused) or, with --room, from one room. Asks first on a terminal.';
  static override examples = [
    '<%= config.bin %> users ban mallory --tenant acme --reason spam --delete-messages',
    '<%= config.bin %> users ban mallory --tenant acme --room lobby --expires 2h',
  ];
  static override args = { user: Args.string({ required: true, description: 'Its id' }) };
  static override flags = {
    room: Flags.string({ summary: 'Only from this room' }),
    reason: Flags.string({ summary: 'Shown to the user' }),
    expires: durationFlag({ summary: 'For how long; default: until lifted' }),
    'delete-messages': Flags.boolean({ summary: 'Also take back what the user said' }),
    yes: yesFlag,
    'dry-run': dryRunFlag,
  };

  async run() {
    const { args, flags } = await this.parse(UsersBan);
    const { api, tenantId } = await this.inTenant(flags);
    const fields = {
      tenantId,
      userId: args.user,
      reason: flags.reason,
      expiresInSeconds: flags.expires,
      deleteMessages: flags['delete-messages'] || undefined,
    };
    if (flags['dry-run']) {
      return flags.room
        ? this.wouldCall(routes.adminBans.banFromRoom, { ...fields, roomId: flags.room })
        : this.wouldCall(routes.adminBans.banFromTenant, fields);
    }
    await this.confirm(`Ban ${args.user} from ${flags.room ?? `all of ${tenantId}`}?`, { yes: flags.yes, needsYes: false });
    const answer = flags.room
      ? await api.call(routes.adminBans.banFromRoom, { ...fields, roomId: flags.room })
      : await api.call(routes.adminBans.banFromTenant, fields);
    this.fields({
      Id: answer.ban.id,
      User: answer.ban.userId,
      Room: answer.ban.roomId ?? '(all)',
      Reason: answer.ban.reason,
      Until: time(answer.ban.expiresAt) ?? 'lifted',
    });
    return answer;
  }
}
