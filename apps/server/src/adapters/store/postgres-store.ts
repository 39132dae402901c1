import { Store, type PlatformTx, type TenantTx } from '@parley/domain';
import type { DataSource } from 'typeorm';
import { driverError, isConnectionTrouble, scope, translate, type Role } from '../postgres/postgres.js';
import { saveRemembered } from '../postgres/side-effects.js';
import { draftHash } from '../postgres/rows.js';
import { auditSection } from './audit-section.js';
import { bansSection } from './bans-section.js';
import { keysSection } from './keys-section.js';
import { membersSection } from './members-section.js';
import { nodesSection } from './nodes-section.js';
import { operatorsSection } from './operators-section.js';
import { presencesSection } from './presences-section.js';
import { roomsSection } from './rooms-section.js';
import { ownTenantSection, tenantsSection } from './tenants-section.js';
import type { Tx } from './tx.js';
import { usersSection } from './users-section.js';

/** The relational store on PostgreSQL, through TypeORM. Role and tenant are set for the transaction only and end with it. */
export class PostgresStore extends Store {
  constructor(private readonly source: DataSource) {
    super();
  }

  override tenant<T>(tenantId: string, run: (tx: TenantTx) => Promise<T>): Promise<T> {
    return this.transaction('parley_app', tenantId, (tx) =>
      run({
        tenant: ownTenantSection(tx),
        users: usersSection(tx),
        rooms: roomsSection(tx),
        members: membersSection(tx),
        bans: bansSection(tx),
        presences: presencesSection(tx),
        keys: keysSection(tx),
        audit: auditSection(tx),
        remembered: {
          find: async (callScope, key, draft) => {
            const [row] = await tx.run<{ draft_hash: string; answer: never }>(
              `SELECT draft_hash, answer FROM remembered_answers WHERE tenant_id = $1 AND scope = $2 AND key = $3 AND created_at > now() - interval '24 hours'`,
              [tx.tenantId, callScope, key],
            );
            return row && { answer: row.answer, isSameDraft: row.draft_hash === draftHash(draft) };
          },
          save: (remember) => saveRemembered(tx.run, tx.tenantId, remember),
        },
      }),
    );
  }

  override platform<T>(run: (tx: PlatformTx) => Promise<T>): Promise<T> {
    return this.transaction('parley_platform', '', (tx) =>
      run({ tenants: tenantsSection(tx), operators: operatorsSection(tx), nodes: nodesSection(tx), audit: auditSection(tx) }),
    );
  }

  private async transaction<T>(role: Role, tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    let connection: { end(): Promise<void> } | undefined;
    try {
      connection = (await runner.connect()) as { end(): Promise<void> };
      await runner.startTransaction();
      await runner.query(scope(role, tenantId));
      const { manager } = runner;
      const result = await work({ manager, tenantId, run: (text, values) => manager.query(text, [...values]) });
      await runner.commitTransaction();
      return result;
    } catch (error) {
      const isLost = isConnectionTrouble(driverError(error));
      // A connection that does not answer is closed, so that the pool drops it; a rollback would wait once more.
      if (isLost) connection?.end().catch(() => undefined);
      else if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw translate(error);
    } finally {
      await runner.release().catch(() => undefined);
    }
  }
}
