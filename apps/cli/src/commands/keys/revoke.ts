import { Args, Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { dryRunFlag, yesFlag } from '../../flags.js';

export default class KeysRevoke extends TenantCommand {
  static override summary = 'Revoke an API key, or a signing key';
  static override description =
    'Takes effect at once and cannot be undone; with a signing key, every token signed with it is refused. Without a terminal it needs --yes.';
  static override examples = [
    '<%= config.bin %> keys revoke 0190c0de-0000-7000-8000-000000000001 --tenant acme',
    '<%= config.bin %> keys revoke sig_1 --tenant acme --signing --yes',
  ];
  static override args = { key: Args.string({ required: true, description: 'Its id, from chatctl keys list' }) };
  static override flags = { signing: Flags.boolean({ summary: 'A signing key' }), yes: yesFlag, 'dry-run': dryRunFlag };

  async run() {
    const { args, flags } = await this.parse(KeysRevoke);
    const { api, tenantId } = await this.inTenant(flags);
    const route = flags.signing ? routes.adminKeys.revokeSigning : routes.adminKeys.revoke;
    const named = { tenantId, keyId: args.key };
    if (flags['dry-run']) return this.wouldCall(route, named);
    await this.confirm(`Revoke key ${args.key} of ${tenantId}?`, { yes: flags.yes, needsYes: true });
    await api.call(route, named);
    this.log(`Key ${args.key} is revoked.`);
    return {};
  }
}
