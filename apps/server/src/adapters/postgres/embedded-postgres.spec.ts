import { chmodSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../testing/until.js';
import { EmbeddedPostgres, livePostmaster } from './embedded-postgres.js';

describe('the supervisor of the embedded PostgreSQL', () => {
  const notes: string[] = [];
  let parent: string;
  let directory: string;
  let embedded: EmbeddedPostgres;
  let url: string;

  beforeAll(async () => {
    parent = mkdtempSync(join(tmpdir(), 'parley-embedded-'));
    chmodSync(parent, 0o755);
    directory = join(parent, 'postgres');
    embedded = new EmbeddedPostgres(directory, (note) => notes.push(note));
    url = await embedded.start();
  });

  afterAll(async () => {
    await embedded.stop();
    rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
  });

  it('has log segments so small that no commit waits long for a new one', async () => {
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(`SELECT name, setting FROM pg_settings WHERE name IN ('wal_segment_size', 'fsync') ORDER BY name`);
    await client.end();
    expect(rows).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'wal_segment_size', setting: String(1024 * 1024) },
    ]);
  });

  it('tries again, one start at a time, while PostgreSQL cannot start, says why, and is back when it can (F11b)', async () => {
    const failures = (): number => notes.filter((note) => /could not/.test(note)).length;
    const control = join(directory, 'global/pg_control');
    renameSync(control, `${control}-aside`);
    process.kill(livePostmaster(directory) ?? 0, 'SIGKILL');
    await until('it failed to start four times', () => failures() >= 4, 15_000);
    expect(embedded.whyDown()).toMatch(/could not/);
    renameSync(`${control}-aside`, control);
    await until('it is back', () => embedded.whyDown() === undefined, 15_000);
    const client = new Client({ connectionString: url });
    await client.connect();
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    expect(notes.filter((note) => note === 'PostgreSQL is back')).toHaveLength(1);
    expect(notes.filter((note) => /starting it again/.test(note))).toHaveLength(1);
  });
});
