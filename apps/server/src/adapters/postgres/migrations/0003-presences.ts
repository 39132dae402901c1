import type { MigrationInterface, QueryRunner } from 'typeorm';
import { secured } from './secured.js';

/** What users want others to see, and when they were there last. A table of its own: the room log locks rows of users. */
const UP = `
CREATE TABLE presences (
  tenant_id text NOT NULL,
  user_no bigint NOT NULL,
  wish text NOT NULL DEFAULT 'online',
  changed_at timestamptz(3),
  last_seen_at timestamptz(3),
  PRIMARY KEY (tenant_id, user_no)
) WITH (fillfactor = 80);
${secured('presences', { app: 'SELECT, INSERT, UPDATE' })};
`;

const DOWN = `DROP TABLE presences;`;

export class Presences1763800000003 implements MigrationInterface {
  readonly name = 'Presences1763800000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
