import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.js';
import { loadConfig } from './config.js';
import { KEYS } from './keys.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'parley-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
function file(content: string): string {
  files += 1;
  const path = join(directory, `${files}.yaml`);
  writeFileSync(path, content);
  return path;
}

/** Nothing from this machine's own settings. */
const load = (flags: Record<string, string> = {}, env: Record<string, string> = {}, yaml = '') =>
  loadConfig(flags, { PARLEY_CONFIG: file(yaml), ...env });
const shown = ({ values }: ReturnType<typeof load>, key: string) => values.find((value) => value.key === key);
const reasons = ({ problems }: ReturnType<typeof load>) => problems.map(({ key, reason }) => `${key}: ${reason}`);

describe('precedence', () => {
  it('has defaults that start without a single setting', () => {
    const { config, problems } = load();
    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      port: 3_000,
      host: '127.0.0.1',
      profile: 'embedded',
      migrateAtStart: true,
      trustedProxies: [],
      logLevel: 'warn',
    });
    expect(config?.database).toMatchObject({ technology: 'embedded' });
  });

  it('is file, then environment, then flag', () => {
    const yaml = 'port: 4000\nlogLevel: debug\npublicUrl: https://chat.example.com\n';
    const env = { PARLEY_PORT: '5000', PARLEY_LOG_LEVEL: 'error' };
    const loaded = load({ port: '6000' }, env, yaml);
    expect(loaded.config).toMatchObject({ port: 6_000, logLevel: 'error', publicUrl: 'https://chat.example.com' });
    expect([shown(loaded, 'port'), shown(loaded, 'logLevel'), shown(loaded, 'publicUrl'), shown(loaded, 'host')]).toEqual([
      { key: 'port', value: 6_000, origin: 'flag' },
      { key: 'logLevel', value: 'error', origin: 'env' },
      { key: 'publicUrl', value: 'https://chat.example.com', origin: 'file' },
      { key: 'host', value: null, origin: 'default' },
    ]);
    expect(load({}, env, yaml).config?.port).toBe(5_000);
    expect(load({}, {}, yaml).config?.port).toBe(4_000);
  });

  it('takes an empty variable as none, and lists as text', () => {
    expect(load({}, { PARLEY_PORT: '' }).config?.port).toBe(3_000);
    expect(load({}, { PARLEY_TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1,' }).config?.trustedProxies).toEqual(['10.0.0.0/8', '127.0.0.1']);
    expect(load({}, {}, 'trustedProxies: [10.0.0.1]').config?.trustedProxies).toEqual(['10.0.0.1']);
    expect(load({ 'migrate-at-start': 'false' }).config?.migrateAtStart).toBe(false);
  });

  it('reads flags in both spellings', () => {
    expect(parseArguments(['--port', '1', '--log-level=debug', '--json'])).toEqual({
      verb: 'start',
      flags: { port: '1', 'log-level': 'debug' },
      isJson: true,
    });
    expect(parseArguments(['config-show']).verb).toBe('config-show');
    expect(load({ 'log-level': 'debug' }).config?.logLevel).toBe('debug');
  });
});

describe('mistakes', () => {
  it('name an unknown setting, and the one that was meant', () => {
    expect(reasons(load({ prot: '1' }))).toEqual(['prot: unknown setting (flag); did you mean port?']);
    expect(reasons(load({}, { PARLEY_PROT: '1', PARLEY_SECRETKEY: 'x' }))).toEqual([
      'PARLEY_PROT: unknown setting; did you mean PARLEY_PORT?',
      'PARLEY_SECRETKEY: unknown setting; did you mean PARLEY_SECRET_KEY?',
    ]);
    expect(load({}, {}, 'publicURL: x\nnonsense: 1').problems.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('did you mean publicUrl?'),
      expect.not.stringContaining('did you mean'),
    ]);
    expect(load({}, { PARLEY_TOKEN: 'x', PARLEY_URL: 'x', PARLEY_TEST_ANYTHING: 'x' }).problems).toEqual([]);
  });

  it('are told all at once, by key, and never with the value', () => {
    const env = {
      PARLEY_PORT: '70000',
      PARLEY_SECRET_KEY: 'short-secret',
      PARLEY_POSTGRES_URL: 'mysql://root:hunter2@db/x',
      PARLEY_METRICS_TOKEN: 'tiny',
      PARLEY_PUBLIC_URL: 'javascript:alert(1)',
    };
    const loaded = load({ 'log-level': 'loudest' }, env);
    expect(loaded.config).toBeUndefined();
    const keys = [
      'port (PARLEY_PORT)',
      'postgresUrl (PARLEY_POSTGRES_URL)',
      'publicUrl (PARLEY_PUBLIC_URL)',
      'secretKey (PARLEY_SECRET_KEY)',
      'metricsToken (PARLEY_METRICS_TOKEN)',
      'logLevel (PARLEY_LOG_LEVEL)',
    ];
    expect(loaded.problems.map(({ key }) => key).sort()).toEqual(keys.sort());
    for (const value of [...Object.values(env), 'hunter2', 'loudest']) expect(JSON.stringify(loaded)).not.toContain(value);
  });

  it('of the file are told: missing, no mapping, no YAML', () => {
    expect(loadConfig({}, { PARLEY_CONFIG: '/no/such/file.yaml' }).problems).toEqual([
      { key: 'PARLEY_CONFIG', reason: 'the file does not exist' },
    ]);
    expect(load({}, {}, '- a\n- b').problems[0]?.reason).toContain('not a mapping');
    expect(load({}, {}, 'port: [').problems).toHaveLength(1);
  });
});

describe('secrets', () => {
  const secret = 'a secret key of thirty-two bytes, or more';

  it('are read from files too, and case 141: never shown', () => {
    const env = { PARLEY_SECRET_KEY_FILE: file(`${secret}\n`), PARLEY_METRICS_TOKEN: 'sixteen characters' };
    const loaded = load({}, env);
    expect(loaded.config).toMatchObject({ secretKey: secret, metricsToken: 'sixteen characters' });
    expect(shown(loaded, 'secretKey')).toEqual({ key: 'secretKey', value: '********', origin: 'env' });
    expect(JSON.stringify(loaded.values)).not.toMatch(/thirty-two|sixteen/);
    expect(shown(loaded, 'postgresUrl')?.value).toBeNull();
  });

  it('in a file that cannot be read are a mistake, and only secrets have files', () => {
    expect(reasons(load({}, { PARLEY_SECRET_KEY_FILE: '/no/such/secret' }))).toEqual(['PARLEY_SECRET_KEY_FILE: the file cannot be read']);
    expect(load({}, { PARLEY_PORT_FILE: file('1') }).problems[0]?.reason).toContain('unknown setting');
  });

  it('are all marked as such', () => {
    const named = Object.entries(KEYS).filter(([name]) => /secret|password|token|postgresUrl|postgresDirectUrl/i.test(name));
    expect(named.length).toBeGreaterThanOrEqual(5);
    for (const [name, spec] of named) expect('isSecret' in spec && spec.isSecret, name).toBe(true);
  });
});

describe('the cluster profile', () => {
  const cluster = { PARLEY_PROFILE: 'cluster' };
  const url = 'postgres://parley:pw@db:5432/parley';

  it('needs a database and a root of encryption', () => {
    expect(load({}, cluster).problems.map(({ key }) => key)).toEqual([
      'postgresUrl (PARLEY_POSTGRES_URL)',
      'secretKey (PARLEY_SECRET_KEY)',
    ]);
  });

  it('listens on all addresses and leaves migrations to a job', () => {
    const { config } = load({}, { ...cluster, PARLEY_POSTGRES_URL: url, PARLEY_SECRET_KEY: 'x'.repeat(32) });
    expect(config).toMatchObject({ host: '0.0.0.0', migrateAtStart: false, database: { technology: 'external', url, directUrl: url } });
    const direct = 'postgresql://parley@direct/parley';
    const past = load({}, { ...cluster, PARLEY_POSTGRES_URL: url, PARLEY_POSTGRES_DIRECT_URL: direct, PARLEY_SECRET_KEY: 'x'.repeat(32) });
    expect(past.config?.database).toMatchObject({ url, directUrl: direct });
  });
});
