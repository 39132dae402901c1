import pg from 'pg';
import { connectionOptions } from '../postgres/postgres.js';

/**
 * The plan of the append must not change with statistics: keys only, never a scan of the log. Plans are made anew now
 * and then all the same, since one made while tables were nearly empty may scan what has grown since.
 */
const SESSION = 'SET ROLE parley_log; SET enable_seqscan = off; SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan';
const NEW_PLANS_MS = 60_000;

/** The connection on which messages are committed: opened when needed, given up when anything is wrong with it. */
export class AppendConnection {
  private client?: pg.Client;
  private plannedAt = 0;

  constructor(
    private readonly url: string,
    /** Before the first statement on each new connection. */
    private readonly onOpen: (client: pg.Client) => Promise<void>,
  ) {}

  async query<R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]> {
    const client = await this.open();
    const now = performance.now();
    if (now - this.plannedAt > NEW_PLANS_MS) {
      await client.query('DISCARD PLANS');
      this.plannedAt = now;
    }
    return (await client.query<R>({ name, text, values })).rows;
  }

  private async open(): Promise<pg.Client> {
    if (this.client) return this.client;
    const client = new pg.Client(connectionOptions(this.url));
    const drop = (): void => {
      if (this.client === client) this.client = undefined;
    };
    client.on('error', drop);
    client.on('end', drop);
    try {
      await client.connect();
      await client.query(SESSION);
      await this.onOpen(client);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    this.client = client;
    this.plannedAt = performance.now();
    return client;
  }

  discard(): void {
    const { client } = this;
    this.client = undefined;
    client?.end().catch(() => undefined);
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }
}
