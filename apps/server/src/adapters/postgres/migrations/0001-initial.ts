import type { MigrationInterface, QueryRunner } from 'typeorm';
import { secured } from './secured.js';

/** Every key begins with the tenant, so that tenants can be placed on different servers and no unique index tells of another's rows. */
const TABLES = `
CREATE SEQUENCE user_no;
CREATE SEQUENCE room_no;
CREATE SEQUENCE outbox_no;

CREATE TABLE tenants (
  id text PRIMARY KEY,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active',
  settings jsonb NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  listens boolean NOT NULL DEFAULT false,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  suspended_at timestamptz
);

CREATE TABLE users (
  tenant_id text NOT NULL,
  no bigint NOT NULL DEFAULT nextval('user_no'),
  id text NOT NULL,
  name text NOT NULL,
  image text,
  metadata jsonb NOT NULL DEFAULT '{}',
  direct_from text NOT NULL DEFAULT 'everyone',
  version bigint NOT NULL DEFAULT 1,
  user_pts bigint NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deactivated_at timestamptz,
  PRIMARY KEY (tenant_id, no),
  UNIQUE (tenant_id, id)
);
CREATE INDEX users_by_id ON users (tenant_id, id text_pattern_ops);

CREATE TABLE blocks (
  tenant_id text NOT NULL,
  user_no bigint NOT NULL,
  peer_no bigint NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, user_no, peer_no)
);

CREATE TABLE contacts (
  tenant_id text NOT NULL,
  user_no bigint NOT NULL,
  peer_no bigint NOT NULL,
  status text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, user_no, peer_no)
);

CREATE TABLE rooms (
  tenant_id text NOT NULL,
  no bigint NOT NULL DEFAULT nextval('room_no'),
  id text NOT NULL,
  kind text NOT NULL,
  name text,
  image text,
  metadata jsonb NOT NULL DEFAULT '{}',
  settings jsonb NOT NULL,
  pair_low bigint,
  pair_high bigint,
  draft_hash uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  created_by bigint,
  dissolved_at timestamptz,
  PRIMARY KEY (tenant_id, no),
  UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX rooms_by_pair ON rooms (tenant_id, pair_low, pair_high) WHERE pair_low IS NOT NULL;

-- What every message changes, apart from the wide row: small and updated in place.
CREATE TABLE room_heads (
  tenant_id text NOT NULL,
  room_no bigint NOT NULL,
  epoch int NOT NULL DEFAULT 1,
  pts bigint NOT NULL DEFAULT 0,
  last_seq bigint NOT NULL DEFAULT 0,
  floor_pts bigint NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 1,
  member_count int NOT NULL DEFAULT 0,
  last_at timestamptz NOT NULL DEFAULT now(),
  -- To the minute, since it is indexed: within a minute an update stays in place.
  active_at timestamptz NOT NULL DEFAULT date_trunc('minute', now()),
  PRIMARY KEY (tenant_id, room_no)
) WITH (fillfactor = 50);
CREATE INDEX room_heads_by_activity ON room_heads (tenant_id, active_at DESC, room_no DESC);

CREATE TABLE members (
  tenant_id text NOT NULL,
  room_no bigint NOT NULL,
  user_no bigint NOT NULL,
  role text NOT NULL DEFAULT 'member',
  status text NOT NULL,
  name text,
  joined_at timestamptz NOT NULL DEFAULT now(),
  joined_pts bigint NOT NULL DEFAULT 0,
  joined_seq bigint NOT NULL DEFAULT 0,
  muted_until timestamptz,
  read_seq bigint NOT NULL DEFAULT 0,
  delivered_seq bigint NOT NULL DEFAULT 0,
  marked_unread boolean NOT NULL DEFAULT false,
  notify_level text NOT NULL DEFAULT 'all',
  notify_until timestamptz,
  pinned boolean NOT NULL DEFAULT false,
  archived_seq bigint,
  hidden_seq bigint,
  PRIMARY KEY (tenant_id, room_no, user_no)
) WITH (fillfactor = 70);
CREATE INDEX members_by_user ON members (tenant_id, user_no, room_no) WHERE status = 'member';

-- Messages and every other durable event of a room. A message's row is its present state: a tombstone holds no content.
CREATE TABLE room_log (
  tenant_id text NOT NULL,
  room_no bigint NOT NULL,
  pts bigint NOT NULL,
  seq bigint,
  id uuid NOT NULL,
  type smallint NOT NULL,
  at timestamptz NOT NULL,
  actor_kind smallint NOT NULL DEFAULT 0,
  actor_no bigint,
  actor_id text,
  subject_no bigint,
  client_message_id text,
  draft_hash uuid,
  body text,
  data jsonb,
  deleted jsonb,
  PRIMARY KEY (tenant_id, room_no, pts)
);
CREATE UNIQUE INDEX room_log_sent ON room_log (tenant_id, room_no, actor_no, client_message_id) WHERE client_message_id IS NOT NULL;
CREATE UNIQUE INDEX room_log_by_seq ON room_log (tenant_id, room_no, seq) WHERE seq IS NOT NULL;
CREATE UNIQUE INDEX room_log_by_id ON room_log (tenant_id, room_no, id);

-- user_no 0 = everyone.
CREATE TABLE mentions (
  tenant_id text NOT NULL,
  room_no bigint NOT NULL,
  user_no bigint NOT NULL,
  seq bigint NOT NULL,
  sender_no bigint NOT NULL,
  PRIMARY KEY (tenant_id, room_no, user_no, seq)
);

CREATE TABLE user_log (
  tenant_id text NOT NULL,
  user_no bigint NOT NULL,
  pts bigint NOT NULL,
  id uuid NOT NULL,
  type smallint NOT NULL,
  at timestamptz NOT NULL,
  actor_kind smallint NOT NULL DEFAULT 0,
  actor_no bigint,
  actor_id text,
  room_no bigint,
  data jsonb,
  PRIMARY KEY (tenant_id, user_no, pts)
);

-- room_no 0 = the whole tenant.
CREATE TABLE bans (
  tenant_id text NOT NULL,
  id uuid NOT NULL,
  user_no bigint NOT NULL,
  room_no bigint NOT NULL DEFAULT 0,
  reason text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  actor_kind smallint NOT NULL DEFAULT 0,
  actor_no bigint,
  actor_id text,
  expires_at timestamptz,
  lifted_at timestamptz,
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX bans_in_force ON bans (tenant_id, user_no, room_no) WHERE lifted_at IS NULL;
CREATE INDEX bans_by_time ON bans (tenant_id, created_at DESC, id DESC) WHERE lifted_at IS NULL;

-- External effects, written with the event that causes them, only where someone listens.
CREATE TABLE outbox (
  tenant_id text NOT NULL,
  no bigint NOT NULL DEFAULT nextval('outbox_no'),
  room_no bigint,
  user_no bigint,
  pts bigint NOT NULL,
  type smallint NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, no)
);

CREATE TABLE api_keys (
  tenant_id text NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  hash text NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, hash)
);

CREATE TABLE signing_keys (
  tenant_id text NOT NULL,
  id text NOT NULL,
  algorithm text NOT NULL,
  material text NOT NULL,
  issuer text,
  audience text,
  user_id_prefix text NOT NULL DEFAULT '',
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE remembered_answers (
  tenant_id text NOT NULL,
  scope text NOT NULL,
  key text NOT NULL,
  draft_hash uuid NOT NULL,
  answer jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, scope, key)
);
CREATE INDEX remembered_answers_by_age ON remembered_answers (created_at);

-- tenant_id '' = the installation itself.
CREATE TABLE audit_log (
  tenant_id text NOT NULL,
  number bigint NOT NULL,
  at timestamptz NOT NULL,
  action text NOT NULL,
  actor_kind text NOT NULL,
  actor_id text NOT NULL,
  target_kind text NOT NULL,
  target_id text NOT NULL,
  detail jsonb NOT NULL,
  request_id text NOT NULL,
  ip text,
  hash text NOT NULL,
  PRIMARY KEY (tenant_id, number)
);
CREATE TABLE audit_heads (
  tenant_id text PRIMARY KEY,
  number bigint NOT NULL DEFAULT 0,
  hash text NOT NULL DEFAULT ''
);

CREATE TABLE operators (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  password_hash text NOT NULL,
  must_change_password boolean NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_login_at timestamptz,
  disabled_at timestamptz
);
CREATE TABLE operator_grants (
  operator_id uuid NOT NULL REFERENCES operators (id),
  tenant_id text NOT NULL DEFAULT '',
  role text NOT NULL,
  PRIMARY KEY (operator_id, tenant_id)
);
CREATE TABLE operator_sessions (
  id uuid PRIMARY KEY,
  operator_id uuid NOT NULL REFERENCES operators (id),
  token_hash text NOT NULL UNIQUE,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  ip text,
  user_agent text
);
CREATE TABLE operator_tokens (
  id uuid PRIMARY KEY,
  operator_id uuid NOT NULL REFERENCES operators (id),
  token_hash text NOT NULL UNIQUE,
  name text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
`;

/** Tables with rows of tenants, and what each role may do with them. */
const TENANT_TABLES: Record<string, { app: string; log?: string; platform?: string }> = {
  users: { app: 'SELECT, INSERT, UPDATE', log: 'SELECT', platform: 'SELECT' },
  blocks: { app: 'SELECT, INSERT, DELETE' },
  contacts: { app: 'SELECT, INSERT, UPDATE, DELETE' },
  rooms: { app: 'SELECT, INSERT, UPDATE', log: 'SELECT' },
  room_heads: { app: 'SELECT, INSERT, UPDATE', log: 'SELECT, UPDATE', platform: 'SELECT' },
  members: { app: 'SELECT, INSERT, UPDATE', log: 'SELECT, UPDATE' },
  room_log: { app: 'SELECT, INSERT, UPDATE', log: 'SELECT, INSERT' },
  mentions: { app: 'SELECT, INSERT, DELETE', log: 'SELECT, INSERT' },
  user_log: { app: 'SELECT, INSERT', log: 'SELECT' },
  bans: { app: 'SELECT, INSERT, UPDATE', log: 'SELECT', platform: 'SELECT' },
  outbox: { app: 'SELECT, INSERT, DELETE', log: 'SELECT, INSERT' },
  api_keys: { app: 'SELECT, INSERT, UPDATE' },
  signing_keys: { app: 'SELECT, INSERT, UPDATE' },
  remembered_answers: { app: 'SELECT, INSERT, DELETE', platform: 'DELETE, SELECT' },
  // Append-only: nobody but the owner of the database could change a row (G26).
  audit_log: { app: 'SELECT, INSERT', platform: 'SELECT, INSERT' },
  audit_heads: { app: 'SELECT, INSERT, UPDATE', platform: 'SELECT, INSERT, UPDATE' },
};

const ROLES = `
DO $$
DECLARE role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['parley_app', 'parley_platform', 'parley_log'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', role_name);
    END IF;
    EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
  END LOOP;
END $$;
GRANT USAGE ON SCHEMA public TO parley_app, parley_platform, parley_log;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO parley_app, parley_log;
GRANT SELECT ON tenants TO parley_app, parley_log;
GRANT SELECT, INSERT, UPDATE ON tenants TO parley_platform;
GRANT SELECT, INSERT, UPDATE, DELETE ON operators, operator_grants, operator_sessions, operator_tokens TO parley_platform;
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON tenants TO parley_app USING (id = current_setting('parley.tenant', true));
CREATE POLICY every ON tenants TO parley_platform, parley_log USING (true) WITH CHECK (true);
`;

export class Initial1763700000001 implements MigrationInterface {
  readonly name = 'Initial1763700000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(ROLES);
    for (const [table, grants] of Object.entries(TENANT_TABLES)) await runner.query(secured(table, grants));
  }

  /** The first migration has nothing to go back to. */
  async down(): Promise<void> {
    throw new Error('the first migration cannot be undone: drop the database instead');
  }
}
