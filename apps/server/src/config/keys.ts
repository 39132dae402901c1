import { z } from 'zod';
import { parseRedisUrl } from './redis-url.js';

/** One setting: one line here is all it takes to add one. */
interface KeySpec<T extends z.ZodType = z.ZodType> {
  readonly env: `PARLEY_${string}`;
  readonly schema: T;
  readonly about: string;
  /** Masked wherever it is shown; also read from the file named by `<env>_FILE`. */
  readonly isSecret?: boolean;
}

const key = <T extends z.ZodType>(spec: KeySpec<T>): KeySpec<T> => spec;
const int = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const bool = z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')]);
const list = z.union([
  z.array(z.string()),
  z.string().transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ),
]);
const redisUrl = z.string().refine((url) => parseRedisUrl(url) !== undefined, 'not an address of Redis: redis://host:6379');
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ });

/** Every setting there is. `parley.yaml` < environment < flags. */
export const KEYS = {
  port: key({ env: 'PARLEY_PORT', schema: int(0, 65_535).default(3_000), about: 'Port of REST, sockets and dashboard; 0 = any free one' }),
  host: key({ env: 'PARLEY_HOST', schema: z.string().min(1).optional(), about: 'Address to listen on; 127.0.0.1 embedded, else 0.0.0.0' }),
  dataDir: key({
    env: 'PARLEY_DATA_DIR',
    schema: z.string().min(1).default('.parley'),
    about: 'Where the embedded profile keeps everything',
  }),
  profile: key({ env: 'PARLEY_PROFILE', schema: z.enum(['embedded', 'cluster']).default('embedded'), about: 'A set of defaults' }),
  role: key({
    env: 'PARLEY_ROLE',
    schema: z.enum(['all', 'api', 'worker']).default('all'),
    about: 'What this process does: api serves clients, worker does repeated work and jobs, all both',
  }),
  postgresUrl: key({
    env: 'PARLEY_POSTGRES_URL',
    schema: postgresUrl.optional(),
    about: 'External PostgreSQL; required in the cluster profile',
    isSecret: true,
  }),
  postgresDirectUrl: key({
    env: 'PARLEY_POSTGRES_DIRECT_URL',
    schema: postgresUrl.optional(),
    about: 'The same database past a transaction pooler, for the logs and migrations',
    isSecret: true,
  }),
  redisUrl: key({
    env: 'PARLEY_REDIS_URL',
    schema: redisUrl.optional(),
    about:
      'Redis or Valkey, by which several servers on one database tell each other of events: redis://host, redis+sentinel://host,host/master, redis+cluster://host,host; with TLS rediss',
    isSecret: true,
  }),
  publicUrl: key({
    env: 'PARLEY_PUBLIC_URL',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    about: 'The address people use, as https://chat.example.com',
  }),
  nodeUrl: key({
    env: 'PARLEY_NODE_URL',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    about: 'Where clients reach this very process, for GET /v1/connect; not behind a load balancer',
  }),
  trustedProxies: key({
    env: 'PARLEY_TRUSTED_PROXIES',
    schema: list.default([]),
    about: 'Addresses or CIDRs whose X-Forwarded-For is believed',
  }),
  secretKey: key({
    env: 'PARLEY_SECRET_KEY',
    schema: z.string().min(32).optional(),
    about: 'Root of encryption at rest and cursor signing; generated when embedded',
    isSecret: true,
  }),
  metricsToken: key({
    env: 'PARLEY_METRICS_TOKEN',
    schema: z.string().min(16).optional(),
    about: 'Bearer token of /metrics; without it only loopback may read it',
    isSecret: true,
  }),
  bootstrapOperatorEmail: key({
    env: 'PARLEY_BOOTSTRAP_OPERATOR_EMAIL',
    schema: z.email().default('admin@parley.local'),
    about: 'The first operator, made when there is none',
  }),
  bootstrapOperatorPassword: key({
    env: 'PARLEY_BOOTSTRAP_OPERATOR_PASSWORD',
    schema: z.string().min(12).optional(),
    about: 'Its one-time password; generated when absent',
    isSecret: true,
  }),
  logLevel: key({
    env: 'PARLEY_LOG_LEVEL',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('warn'),
    about: 'Least level that is logged',
  }),
  migrateAtStart: key({
    env: 'PARLEY_MIGRATE_AT_START',
    schema: bool.optional(),
    about: 'Apply pending migrations at start; true embedded, else false',
  }),
  sampleTenant: key({
    env: 'PARLEY_SAMPLE_TENANT',
    schema: bool.optional(),
    about: 'Make the tenant demo at the first start; true embedded, else false',
  }),
  commandsPerSecond: key({
    env: 'PARLEY_RATE_COMMANDS_PER_SECOND',
    schema: int(1, 1_000_000).default(30),
    about: 'Socket commands per second and connection; bursts of four times that',
  }),
  callsPerSecondOfUser: key({
    env: 'PARLEY_RATE_USER_PER_SECOND',
    schema: int(1, 1_000_000_000).optional(),
    about: 'Commands and REST calls of a user over all connections, likewise; twice the above when absent',
  }),
  callsPerSecondOfAddress: key({
    env: 'PARLEY_RATE_ADDRESS_PER_SECOND',
    schema: int(1, 1_000_000_000).optional(),
    about: 'The same of everybody behind one address; 50 times the first when absent. API keys do not count',
  }),
  callsPerSecondOfTenant: key({
    env: 'PARLEY_RATE_TENANT_PER_SECOND',
    schema: int(1, 1_000_000_000).optional(),
    about: 'The same of a whole tenant, API keys included; 200 times the first when absent',
  }),
  socketsPerUser: key({
    env: 'PARLEY_SOCKETS_PER_USER',
    schema: int(1, 1_000).optional(),
    about: 'Connections of a user that new tenants allow (10)',
  }),
  socketsPerTenant: key({
    env: 'PARLEY_SOCKETS_PER_TENANT',
    schema: int(1, 1_000_000).optional(),
    about: 'Connections that new tenants may have (10,000)',
  }),
  tooManySockets: key({
    env: 'PARLEY_TOO_MANY_SOCKETS',
    schema: z.enum(['refuse-newest', 'close-oldest']).default('refuse-newest'),
    about: 'What happens when a user opens one connection too many',
  }),
  connectionsPerAddress: key({
    env: 'PARLEY_CONNECTIONS_PER_ADDRESS',
    schema: int(1, 1_000_000).default(10_000),
    about: 'TCP connections of one peer, and sockets of one address behind trusted proxies',
  }),
  handshakesPerAddress: key({
    env: 'PARLEY_HANDSHAKES_PER_ADDRESS',
    schema: int(1, 1_000_000).default(2_000),
    about: 'Sockets of one address that are not let in yet',
  }),
  handshakeTimeoutMs: key({
    env: 'PARLEY_HANDSHAKE_TIMEOUT_MS',
    schema: int(100, 60_000).default(10_000),
    about: 'A socket that was not let in after this is closed',
  }),
  headersTimeoutMs: key({
    env: 'PARLEY_HTTP_HEADERS_TIMEOUT_MS',
    schema: int(100, 60_000).default(10_000),
    about: 'The headers of a request must be there after this',
  }),
  requestTimeoutMs: key({
    env: 'PARLEY_HTTP_REQUEST_TIMEOUT_MS',
    schema: int(100, 300_000).default(25_000),
    about: 'All of a request must be there after this',
  }),
  responseTimeoutMs: key({
    env: 'PARLEY_HTTP_RESPONSE_TIMEOUT_MS',
    schema: int(100, 300_000).default(25_000),
    about: 'A client that leaves answers unread for this long is closed',
  }),
  keepAliveTimeoutMs: key({
    env: 'PARLEY_HTTP_KEEP_ALIVE_MS',
    schema: int(100, 3_600_000).optional(),
    about: 'A connection without requests is closed after this; 65000 with trusted proxies, else 20000',
  }),
  sendsPerSecond: key({
    env: 'PARLEY_RATE_SENDS_PER_SECOND',
    schema: int(1, 100_000).optional(),
    about: 'Messages per second and user that new tenants allow (20)',
  }),
  sendBurst: key({ env: 'PARLEY_RATE_SEND_BURST', schema: int(1, 100_000).optional(), about: 'Their burst (40)' }),
  failpoint: key({
    env: 'PARLEY_FAILPOINT',
    schema: z
      .string()
      .regex(/^after_commit:\d{1,9}$/)
      .optional(),
    about: 'Tests only: die between the n-th commit of messages and their acks',
  }),
} as const;

export type ConfigKey = keyof typeof KEYS;

/** Read by chatctl or the tests and not by the server; their presence is no mistake. */
export const FOREIGN_ENV: ReadonlySet<string> = new Set([
  'PARLEY_URL',
  'PARLEY_TOKEN',
  'PARLEY_CONFIG_HOME',
  'PARLEY_SERVER_MAIN',
  'PARLEY_CONFIG',
  'PARLEY_CONTEXT',
  'PARLEY_TENANT',
]);
