import { DomainError } from '@parley/domain';
import pg from 'pg';

// int8: positions and numbers stay far below 2^53.
pg.types.setTypeParser(20, Number);

/**
 * Statements end on the server after this, and on this side a little later: a stopped server never answers (PROMISES
 * 0.4). Waiting for a connection and then for one statement stays within the 5 s that a caller waits at most (G21).
 */
const STATEMENT_TIMEOUT_MS = 2_500;
const QUERY_TIMEOUT_MS = 2_800;
const CONNECT_TIMEOUT_MS = 2_000;
/** A commit that is still on its way after this does not happen: what looks back over late commits looks back further. */
const IDLE_IN_TRANSACTION_MS = 6_000;

const LIMITS = `SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}; SET LOCAL idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`;

/** Tenant-bound work runs as `parley_app` under row level security, operators' as `parley_platform`. */
export type Role = 'parley_app' | 'parley_platform';

export const connectionOptions = (url: string) => ({
  connectionString: url,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  query_timeout: QUERY_TIMEOUT_MS,
  statement_timeout: STATEMENT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  keepAlive: true,
  application_name: 'parley',
});

/** The bare connections of the logs. `parley_log` reads and appends for many tenants at once: the tenant is in every key. */
export class Postgres {
  readonly pool: pg.Pool;

  constructor(readonly url: string) {
    this.pool = new pg.Pool({ ...connectionOptions(url), max: 8, idleTimeoutMillis: 30_000 });
    // A connection lost while idle is replaced by the next query.
    this.pool.on('error', () => undefined);
    // One lost while in use fails its query; without a listener it would end the process too.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Reads and single statements under the log role. */
  async log<R extends pg.QueryResultRow>(name: string, text: string, values: readonly unknown[]): Promise<R[]> {
    return this.withClient(async (client) => {
      await this.become(client, 'parley_log');
      return (await client.query<R>({ name, text, values: [...values] })).rows;
    });
  }

  /** One transaction of one tenant, behind row level security; the setting ends with it. */
  async tenant<T>(tenantId: string, run: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.withClient(async (client) => {
      await this.become(client, undefined);
      await client.query(`BEGIN; ${scope('parley_app', tenantId)}`);
      try {
        const result = await run(client);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        // A connection that does not answer is given up by the caller; asking it to roll back would wait once more.
        if (!isConnectionTrouble(error)) await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  private async withClient<T>(run: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      throw translate(error);
    }
    let failure: Error | undefined;
    try {
      return await run(client);
    } catch (error) {
      // What the connection is in the middle of is unknown after a time-out: it is not used again.
      if (isConnectionTrouble(error)) failure = error as Error;
      throw translate(error);
    } finally {
      client.release(failure);
    }
  }

  private async become(client: pg.PoolClient & { parleyRole?: string }, role: 'parley_log' | undefined): Promise<void> {
    if (client.parleyRole === role) return;
    await client.query(role ? `SET ROLE ${role}` : 'RESET ROLE');
    client.parleyRole = role;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/**
 * Transaction-local role, tenant and limits, as one simple query: behind a transaction pooler there is no other place for
 * them. The id is checked here again, since it stands in the text.
 */
export function scope(role: Role, tenantId: string): string {
  if (!/^[a-z0-9-]{0,63}$/.test(tenantId)) throw new DomainError('not-found');
  return `SET LOCAL ROLE ${role}; SET LOCAL parley.tenant = '${tenantId}'; ${LIMITS}`;
}

const CONNECTION_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  '57P01',
  '57P02',
  '57P03',
  '08000',
  '08003',
  '08006',
  '08001',
  '08004',
  '25P03',
  // A primary that became a standby: the next connection may lead to the new one.
  '25006',
]);
/** Refusals that pass: too many connections, disk or memory full, lock time-out, serialisation. */
const PASSING_CODES: ReadonlySet<string> = new Set(['53000', '53100', '53200', '53300', '53400', '55P03', '40001', '40P01', '57014']);

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '');

export function isConnectionTrouble(error: unknown): boolean {
  if (error instanceof DomainError || !(error instanceof Error)) return false;
  return (
    CONNECTION_CODES.has(codeOf(error)) ||
    error.name === 'QueryRunnerAlreadyReleasedError' ||
    /timeout|terminated|Connection (ended|closed)|not queryable|connection error/i.test(error.message)
  );
}

/** TypeORM wraps what pg says. */
export const driverError = (error: unknown): unknown => (error as { driverError?: unknown } | undefined)?.driverError ?? error;

/** Troubles of the database become `unavailable`: the outcome of a write is then unknown, and a retry settles it. */
export function translate(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const cause = driverError(error);
  if (isConnectionTrouble(cause) || PASSING_CODES.has(codeOf(cause))) {
    return new DomainError('unavailable', { detail: 'the database does not answer', retryAfterMs: 1_000 });
  }
  return error;
}

export const isUniqueViolation = (error: unknown, constraint?: string): boolean => {
  const cause = ((error as { driverError?: unknown } | undefined)?.driverError ?? error) as
    { code?: string; constraint?: string } | undefined;
  return cause?.code === '23505' && (constraint === undefined || cause.constraint === constraint);
};
