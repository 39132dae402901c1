import { readFileSync } from 'node:fs';
import type { Bus } from '@parley/domain';
import type { Overview } from '@parley/protocol';
import type { Postgres } from '../adapters/postgres/postgres.js';
import { ServerFacts } from '../http/server-facts.js';

type Health = Overview['health'];

/** Probes come from many sides; the database is asked once in this time. */
const FRESH_MS = 1_000;

interface Sources {
  readonly profile: string;
  readonly schemaVersion: string;
  readonly nodeId: string;
  readonly publicUrl: string | undefined;
  readonly metricsToken: string | undefined;
  readonly postgres: Postgres;
  readonly bus: Pick<Bus, 'state'>;
  readonly whyDatabaseDown: () => string | undefined;
}

export const VERSION = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

export class LiveFacts extends ServerFacts {
  readonly version = VERSION;
  readonly startedAt = new Date();
  private isStarting = true;
  private draining = false;
  private asked?: { readonly at: number; readonly answer: Promise<Health> };

  constructor(private readonly sources: Sources) {
    super();
  }

  get profile(): string {
    return this.sources.profile;
  }

  get schemaVersion(): string {
    return this.sources.schemaVersion;
  }

  get nodeId(): string {
    return this.sources.nodeId;
  }

  get publicUrl(): string | undefined {
    return this.sources.publicUrl;
  }

  get metricsToken(): string | undefined {
    return this.sources.metricsToken;
  }

  /** Set-up is through: the first answer after this is a fresh one. */
  begin(): void {
    this.isStarting = false;
    this.asked = undefined;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  set isDraining(isDraining: boolean) {
    this.draining = isDraining;
    this.asked = undefined;
  }

  override health(): Promise<Health> {
    const now = performance.now();
    if (!this.asked || now - this.asked.at > FRESH_MS) this.asked = { at: now, answer: this.check() };
    return this.asked.answer;
  }

  private async check(): Promise<Health> {
    const database = await this.database();
    const phase = this.isStarting ? 'the server is starting' : this.draining ? 'the server is being emptied' : undefined;
    const checks = [
      database.check,
      { name: 'migrations', ok: true, detail: this.schemaVersion },
      { name: 'serving', ok: phase === undefined, ...(phase ? { detail: phase } : {}) },
    ];
    const ready = checks.every(({ ok }) => ok);
    return { ready, checks: [...checks, ...this.redis()], durability: database.isDurable ? 'full' : 'degraded' };
  }

  /** Without it everything works, and events of other nodes come some seconds later: no reason to take nobody in (G19). */
  private redis(): Health['checks'] {
    const { state } = this.sources.bus;
    if (state === 'alone') return [];
    const detail = 'events of other nodes come by the sweep, within seconds';
    return [{ name: 'redis', ok: state === 'up', ...(state === 'up' ? {} : { detail }) }];
  }

  /** Also tells whether the settings hold that the promises rest on (G1). */
  private async database(): Promise<{ check: Health['checks'][number]; isDurable: boolean }> {
    try {
      const [row] = await this.sources.postgres.log<{ fsync: string; pages: string; commit: string }>(
        'durability',
        `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages, current_setting('synchronous_commit') AS commit`,
        [],
      );
      const isDurable = row?.fsync === 'on' && row.pages === 'on' && row.commit !== 'off';
      return {
        check: {
          name: 'database',
          ok: true,
          ...(isDurable ? {} : { detail: 'fsync, full_page_writes or synchronous_commit is off: acknowledged messages may be lost' }),
        },
        isDurable,
      };
    } catch (error) {
      const why = this.sources.whyDatabaseDown() ?? (error instanceof Error ? error.message : 'unknown');
      return { check: { name: 'database', ok: false, detail: why }, isDurable: true };
    }
  }
}
