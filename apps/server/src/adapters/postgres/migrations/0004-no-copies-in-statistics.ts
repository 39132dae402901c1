import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * ANALYZE keeps samples of columns, among them what was deleted since. What people wrote and what is secret is never
 * searched by its value, nor is what is looked up by a whole unique key: no samples of these, which also takes half of
 * the time of an ANALYZE of the log.
 */
const UNSAMPLED: Readonly<Record<string, readonly string[]>> = {
  room_log: ['id', 'actor_id', 'client_message_id', 'draft_hash', 'body', 'data', 'deleted'],
  user_log: ['id', 'actor_id', 'data'],
  users: ['image', 'metadata'],
  rooms: ['image', 'metadata', 'settings'],
  bans: ['reason'],
  remembered_answers: ['draft_hash', 'answer'],
  audit_log: ['detail', 'ip', 'hash'],
  signing_keys: ['material'],
  api_keys: ['hash'],
  operators: ['password_hash'],
  operator_sessions: ['token_hash', 'ip', 'user_agent'],
  operator_tokens: ['token_hash'],
};

const all = (change: (column: string) => string): string =>
  Object.entries(UNSAMPLED)
    .map(([table, columns]) => `ALTER TABLE ${table} ${columns.map(change).join(', ')};`)
    .join('\n');

export class NoCopiesInStatistics1763900000004 implements MigrationInterface {
  readonly name = 'NoCopiesInStatistics1763900000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(all((column) => `ALTER ${column} SET STATISTICS 0`));
    await this.forgetSamples(runner);
  }

  /**
   * A column that is given its own type again loses its samples, and nothing is rewritten; but a partial index of it would
   * be: the samples of such columns, ids that apps chose, stay.
   */
  private async forgetSamples(runner: QueryRunner): Promise<void> {
    const rows = (await runner.query(
      `SELECT c.relname AS "table", a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS type
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY($1) AND a.attnum > 0 AND a.attstattarget = 0
         AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indpred IS NOT NULL AND a.attnum = ANY (i.indkey))`,
      [Object.keys(UNSAMPLED)],
    )) as { table: string; column: string; type: string }[];
    for (const [table, columns] of Map.groupBy(rows, (row) => row.table))
      await runner.query(`ALTER TABLE ${table} ${columns.map(({ column, type }) => `ALTER ${column} TYPE ${type}`).join(', ')}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(all((column) => `ALTER ${column} SET STATISTICS -1`));
  }
}
