import { HttpClient, ParleyError } from '@parley/client';
import { routes } from '@parley/protocol';
import { type Asked, type Connection, connectionOf } from '../contexts/connection.js';
import type { Environment } from '../config/environment.js';
import { type Probe, probeReadiness, probeVersion, type Readiness, type ServerVersion } from '../machine/probe.js';
import { versionSkew } from '../machine/version-skew.js';
import { type Check, fail, ok, skip, warn } from './check.js';

const CLOCK_WARN_MS = 5_000;

/** What the chosen server says about itself, and about our credential. */
export async function serverChecks(asked: Asked, environment: Environment, cliVersion: string): Promise<Check[]> {
  let connection: Connection;
  try {
    connection = await connectionOf(asked, environment);
  } catch (error) {
    return [
      fail(
        'Server',
        error instanceof Error ? error.message : String(error),
        'npm start, or chatctl context add NAME --url URL --token-stdin',
      ),
    ];
  }
  const secrecy = connection.warnings.map((warning) => warn('Context', warning, 'Follow the line above.'));
  const [readiness, version] = await Promise.all([probeReadiness(connection.url), probeVersion(connection.url)]);
  if (readiness.reason !== undefined) {
    return [
      ...secrecy,
      fail('Server', readiness.reason, `Is it started, and is ${connection.source} right? chatctl server start, chatctl context show`),
    ];
  }
  return [
    ...secrecy,
    ok('Server', `${connection.url} (${connection.source})`),
    skew(version, cliVersion),
    clock(readiness),
    ...ready(readiness),
    await token(connection),
  ];
}

function skew(version: Probe<ServerVersion>, cliVersion: string): Check {
  if (version.body === undefined)
    return warn('Version', version.reason ?? 'unknown', 'Is the server older than this chatctl? Use the chatctl of its release.');
  const { level, detail } = versionSkew(cliVersion, version.body.version);
  const fix = 'Use the chatctl of the server’s release.';
  if (level === 'major') return fail('Version', detail, fix);
  return level === 'minor' ? warn('Version', detail, fix) : ok('Version', detail);
}

export function clock({ clockSkewMs }: Probe<unknown>): Check {
  if (clockSkewMs === undefined) return skip('Clock', 'the server sends no Date');
  const detail = `the server's clock is ${(Math.abs(clockSkewMs) / 1000).toFixed(1)} s ${clockSkewMs < 0 ? 'behind' : 'ahead of'} ours`;
  if (Math.abs(clockSkewMs) <= CLOCK_WARN_MS) return ok('Clock', `within ${CLOCK_WARN_MS / 1000} s`);
  return warn('Clock', detail, 'Run NTP on both machines (timedatectl set-ntp true): tokens expire by the clock.');
}

function ready(readiness: Probe<Readiness>): Check[] {
  return (readiness.body?.checks ?? []).map((check) => {
    const name = `Ready: ${check.name}`;
    return check.ok ? ok(name, check.detail ?? 'ok') : fail(name, check.detail ?? 'not ready', fixOf(check.name));
  });
}

function fixOf(name: string): string {
  if (/migration|schema/i.test(name)) return 'chatctl migrate up';
  if (/database|postgres/i.test(name)) return 'Is PostgreSQL up, and PARLEY_POSTGRES_URL right? chatctl config show';
  if (/redis/i.test(name)) return 'Is Redis up, and PARLEY_REDIS_URL right? chatctl config show';
  return 'See the server log around its last start.';
}

async function token(connection: Connection): Promise<Check> {
  const api = new HttpClient({ url: connection.url, headers: () => ({ authorization: `Bearer ${connection.token}` }) });
  try {
    const { operator } = await api.call(routes.session.current, {});
    const role =
      operator.role ?? (operator.tenantRoles.map(({ tenantId, role: held }) => `${held} of ${tenantId}`).join(', ') || 'no role');
    return ok('Access token', `${operator.email}, ${role}`);
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    return fail(
      'Access token',
      `${connection.source}: ${error.message}`,
      'Make a new one in the dashboard, then chatctl context add; or chatctl operators recover --local.',
    );
  }
}
