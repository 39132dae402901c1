import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { FOREIGN_ENV, KEYS, type ConfigKey } from './keys.js';
import { parseRedisUrl, type RedisPlace } from './redis-url.js';

export type Origin = 'default' | 'file' | 'env' | 'flag';
export interface Problem {
  readonly key: string;
  readonly reason: string;
}

type Values = { readonly [K in ConfigKey]: z.output<(typeof KEYS)[K]['schema']> };

/** Behind a proxy it is the proxy that gives up first, mostly after 60 s, so that we never close under a request. */
const KEEP_ALIVE_BEHIND_PROXY_MS = 65_000;
/** Else a client that was sent an answer and reads it drop by drop looks like one that is idle. */
const KEEP_ALIVE_MS = 20_000;

/** The spine: which technology each port has. */
export type Database =
  | { readonly technology: 'embedded'; readonly directory: string }
  | { readonly technology: 'external'; readonly url: string; readonly directUrl: string };

type Derived =
  'postgresUrl' | 'postgresDirectUrl' | 'redisUrl' | 'host' | 'migrateAtStart' | 'sampleTenant' | 'dataDir' | 'keepAliveTimeoutMs';

export interface Config extends Omit<Values, Derived> {
  readonly keepAliveTimeoutMs: number;
  readonly dataDir: string;
  readonly host: string;
  readonly migrateAtStart: boolean;
  readonly sampleTenant: boolean;
  readonly database: Database;
  /** Absent = this server is the only one on its database. */
  readonly redis?: RedisPlace;
}

export interface Loaded {
  readonly config?: Config;
  readonly problems: readonly Problem[];
  /** Effective values with their origin, secrets masked. */
  readonly values: readonly { key: string; value: unknown; origin: Origin }[];
}

/** Reads file, environment and flags; reports all problems at once, by key and reason, never by value. */
export function loadConfig(
  flags: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Loaded {
  const problems: Problem[] = [];
  const sources: [Origin, Record<string, unknown>][] = [
    ['file', readFile(env, problems)],
    ['env', readEnv(env, problems)],
    ['flag', readFlags(flags, problems)],
  ];
  const origins = new Map<string, Origin>();
  const raw: Record<string, unknown> = {};
  for (const [origin, values] of sources) {
    for (const [name, value] of Object.entries(values)) {
      raw[name] = value;
      origins.set(name, origin);
    }
  }
  const values = parseAll(raw, problems);
  const config = values && problems.length === 0 ? derive(values, problems) : undefined;
  return { config: problems.length === 0 ? config : undefined, problems, values: shown(values ?? {}, origins) };
}

function readFile(env: Readonly<Record<string, string | undefined>>, problems: Problem[]): Record<string, unknown> {
  const path = env.PARLEY_CONFIG ?? 'parley.yaml';
  if (!existsSync(path)) {
    if (env.PARLEY_CONFIG !== undefined) problems.push({ key: 'PARLEY_CONFIG', reason: 'the file does not exist' });
    return {};
  }
  try {
    const content: unknown = parseYaml(readFileSync(path, 'utf8')) ?? {};
    if (typeof content !== 'object' || Array.isArray(content)) throw new Error('not a mapping');
    return knownOnly(content as Record<string, unknown>, path, problems);
  } catch (error) {
    problems.push({ key: path, reason: `cannot be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown'}` });
    return {};
  }
}

function readEnv(env: Readonly<Record<string, string | undefined>>, problems: Problem[]): Record<string, unknown> {
  const byEnv = new Map(Object.entries(KEYS).map(([name, spec]) => [spec.env as string, name]));
  const values: Record<string, unknown> = {};
  for (const [variable, value] of Object.entries(env)) {
    if (
      !variable.startsWith('PARLEY_') ||
      value === undefined ||
      value === '' ||
      FOREIGN_ENV.has(variable) ||
      variable.startsWith('PARLEY_TEST_')
    )
      continue;
    const direct = byEnv.get(variable);
    const fromFile = byEnv.get(variable.replace(/_FILE$/, ''));
    if (direct) values[direct] = value;
    else if (fromFile && KEYS[fromFile as ConfigKey].isSecret) values[fromFile] = readSecret(variable, value, problems);
    else problems.push({ key: variable, reason: `unknown setting${suggestion(variable, [...byEnv.keys()])}` });
  }
  return values;
}

function readSecret(variable: string, path: string, problems: Problem[]): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    problems.push({ key: variable, reason: 'the file cannot be read' });
    return undefined;
  }
}

function readFlags(flags: Readonly<Record<string, string>>, problems: Problem[]): Record<string, unknown> {
  const camel = Object.entries(flags).map(
    ([flag, value]) => [flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()), value] as const,
  );
  return knownOnly(Object.fromEntries(camel), 'flag', problems);
}

function knownOnly(values: Record<string, unknown>, where: string, problems: Problem[]): Record<string, unknown> {
  for (const name of Object.keys(values)) {
    if (!(name in KEYS)) problems.push({ key: name, reason: `unknown setting (${where})${suggestion(name, Object.keys(KEYS))}` });
  }
  return values;
}

function suggestion(name: string, known: readonly string[]): string {
  const near = known.find((candidate) => distance(candidate.toLowerCase(), name.toLowerCase()) <= 2);
  return near ? `; did you mean ${near}?` : '';
}

/** Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function parseAll(raw: Record<string, unknown>, problems: Problem[]): Values | undefined {
  const shape = Object.fromEntries(Object.entries(KEYS).map(([name, spec]) => [name, spec.schema]));
  const parsed = z.object(shape).safeParse(raw);
  if (parsed.success) return parsed.data as Values;
  for (const issue of parsed.error.issues) {
    const name = String(issue.path[0]) as ConfigKey;
    problems.push({ key: `${name} (${KEYS[name].env})`, reason: issue.message });
  }
  return undefined;
}

function derive(values: Values, problems: Problem[]): Config {
  const { postgresUrl, postgresDirectUrl, redisUrl, ...rest } = values;
  const isCluster = values.profile === 'cluster';
  const dataDir = resolve(values.dataDir);
  if (isCluster && postgresUrl === undefined)
    problems.push({ key: 'postgresUrl (PARLEY_POSTGRES_URL)', reason: 'required in the cluster profile' });
  if (isCluster && values.secretKey === undefined)
    problems.push({ key: 'secretKey (PARLEY_SECRET_KEY)', reason: 'required in the cluster profile: at least 32 characters' });
  if (values.headersTimeoutMs > values.requestTimeoutMs)
    problems.push({ key: 'headersTimeoutMs (PARLEY_HTTP_HEADERS_TIMEOUT_MS)', reason: 'must not exceed requestTimeoutMs' });
  return {
    ...rest,
    dataDir,
    keepAliveTimeoutMs: values.keepAliveTimeoutMs ?? (values.trustedProxies.length > 0 ? KEEP_ALIVE_BEHIND_PROXY_MS : KEEP_ALIVE_MS),
    host: values.host ?? (isCluster ? '0.0.0.0' : '127.0.0.1'),
    migrateAtStart: values.migrateAtStart ?? !isCluster,
    sampleTenant: values.sampleTenant ?? !isCluster,
    database:
      postgresUrl === undefined
        ? { technology: 'embedded', directory: resolve(dataDir, 'postgres') }
        : { technology: 'external', url: postgresUrl, directUrl: postgresDirectUrl ?? postgresUrl },
    ...(redisUrl === undefined ? {} : { redis: parseRedisUrl(redisUrl) }),
  };
}

function shown(values: Partial<Values>, origins: ReadonlyMap<string, Origin>): Loaded['values'] {
  return Object.entries(KEYS).map(([name, spec]) => {
    const value = values[name as ConfigKey];
    return {
      key: name,
      value: spec.isSecret && value !== undefined ? '********' : (value ?? null),
      origin: origins.get(name) ?? 'default',
    };
  });
}
