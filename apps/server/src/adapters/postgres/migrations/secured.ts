/** What each role may do with a table of tenants' rows. */
export interface TableGrants {
  readonly app: string;
  readonly log?: string;
  readonly platform?: string;
}

/** A tenant's rows for that tenant's transactions and no others, whatever they ask for. */
export function secured(table: string, grants: TableGrants): string {
  const isAudit = table.startsWith('audit');
  // A setting that was local to an earlier transaction reads '' afterwards, which is the platform's own mark: it names nobody.
  const own = `tenant_id = NULLIF(current_setting('parley.tenant', true), '')`;
  return [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `GRANT ${grants.app} ON ${table} TO parley_app`,
    `CREATE POLICY own ON ${table} TO parley_app USING (${own}) WITH CHECK (${own})`,
    ...(grants.log
      ? [`GRANT ${grants.log} ON ${table} TO parley_log`, `CREATE POLICY log ON ${table} TO parley_log USING (true) WITH CHECK (true)`]
      : []),
    ...(grants.platform
      ? [
          `GRANT ${grants.platform} ON ${table} TO parley_platform`,
          `CREATE POLICY platform ON ${table} TO parley_platform USING (${isAudit ? `tenant_id = ''` : 'true'})${isAudit ? ` WITH CHECK (tenant_id = '')` : ''}`,
        ]
      : []),
  ].join(';\n');
}
