import type { AuditRecord } from '../../audit/audit.js';
import type { TenantId } from '../../ids.js';
import type { Audit, RememberedAnswers } from '../../ports/store.js';
import type { MemoryDatabase, TenantSpace } from './memory-database.js';
import { keyset } from './pages.js';
import type { Table } from './table.js';

export function memoryAudit(db: MemoryDatabase, table: Table<number, AuditRecord>, tenantId?: TenantId): Audit {
  return {
    append: async (entry) => db.appendAudit(table, entry, tenantId),
    list: async ({ action, actorId }, page) => {
      const rows = table
        .values()
        .filter((row) => (action === undefined || row.action === action) && (actorId === undefined || row.actorId === actorId));
      return keyset(
        rows,
        page,
        (row) => [-row.number],
        (row) => row,
      );
    },
  };
}

export function memoryRemembered(db: MemoryDatabase, space: TenantSpace): RememberedAnswers {
  return {
    find: async (scope, key, draft) => {
      const row = db.remembered(space, scope, key);
      return row && { answer: row.answer, isSameDraft: row.draft === draft };
    },
    save: async (remember) => db.remember(space, remember),
  };
}
