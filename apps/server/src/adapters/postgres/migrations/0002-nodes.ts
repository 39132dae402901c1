import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The processes of the installation, each by its own word; and tenants' own servers may revoke signing keys, which raises the version. */
const UP = `
CREATE TABLE nodes (
  id uuid PRIMARY KEY,
  role text NOT NULL,
  version text NOT NULL,
  url text,
  started_at timestamptz(3) NOT NULL,
  beat_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  is_drain_wanted boolean NOT NULL DEFAULT false,
  suspected_at timestamptz(3),
  report jsonb NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON nodes TO parley_platform;
GRANT UPDATE (version) ON tenants TO parley_app;
`;

const DOWN = `
REVOKE UPDATE (version) ON tenants FROM parley_app;
DROP TABLE nodes;
`;

export class Nodes1763800000002 implements MigrationInterface {
  readonly name = 'Nodes1763800000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
