import { Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';
import { pageFlags } from '../../flags.js';
import { time } from '../../output/format.js';

export default class KeysList extends TenantCommand {
  static override summary = 'List API keys, or signing keys';
  static override description =
    'API keys are what an app server calls with; signing keys are what user tokens are verified with. Newest first; secrets are never shown again.';
  static override examples = ['<%= config.bin %> keys list --tenant acme', '<%= config.bin %> keys list --tenant acme --signing'];
  static override flags = { ...pageFlags, signing: Flags.boolean({ summary: 'Signing keys' }) };

  async run() {
    const { flags } = await this.parse(KeysList);
    const { api, tenantId } = await this.inTenant(flags);
    if (flags.signing) {
      const page = await this.pages(flags, (asked) => api.call(routes.adminKeys.listSigning, { tenantId, ...asked }));
      this.table(page.items, {
        ID: (key) => key.id,
        ALGORITHM: (key) => key.algorithm,
        ISSUER: (key) => key.issuer,
        CREATED: (key) => time(key.createdAt),
        REVOKED: (key) => time(key.revokedAt),
      });
      return page;
    }
    const page = await this.pages(flags, (asked) => api.call(routes.adminKeys.list, { tenantId, ...asked }));
    this.table(page.items, {
      ID: (key) => key.id,
      NAME: (key) => key.name,
      PREFIX: (key) => key.prefix,
      'LAST USED': (key) => time(key.lastUsedAt),
      REVOKED: (key) => time(key.revokedAt),
      SCOPES: (key) => key.scopes.join(','),
    });
    return page;
  }
}
