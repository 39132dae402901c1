import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/config.js';
import { callRatesOf, tenantDefaultsOf } from './limits.js';

const load = (env: Record<string, string>) => loadConfig({}, { PARLEY_CONFIG: '/dev/null', ...env });
function configured(env: Record<string, string> = {}) {
  const { config } = load(env);
  if (!config) throw new Error('not valid');
  return config;
}

describe('limits by configuration', () => {
  it('follow the rate of a connection where nothing else is said', () => {
    expect(callRatesOf(configured())).toEqual({
      user: { perSecond: 60, burst: 240 },
      address: { perSecond: 1_500, burst: 6_000 },
      tenant: { perSecond: 6_000, burst: 24_000 },
    });
    expect(callRatesOf(configured({ PARLEY_RATE_COMMANDS_PER_SECOND: '100' })).user).toEqual({ perSecond: 200, burst: 800 });
  });

  it('are what is said where something is said', () => {
    const config = configured({
      PARLEY_RATE_USER_PER_SECOND: '7',
      PARLEY_RATE_ADDRESS_PER_SECOND: '8',
      PARLEY_RATE_TENANT_PER_SECOND: '9',
      PARLEY_SOCKETS_PER_USER: '3',
      PARLEY_RATE_SEND_BURST: '5',
    });
    expect(callRatesOf(config)).toEqual({
      user: { perSecond: 7, burst: 28 },
      address: { perSecond: 8, burst: 32 },
      tenant: { perSecond: 9, burst: 36 },
    });
    expect(tenantDefaultsOf(config)).toEqual({ socketsPerUser: 3, sendBurst: 5 });
  });

  it('end a slow request, answer or handshake within 30 s, checks included, unless more is asked for', () => {
    const { headersTimeoutMs, requestTimeoutMs, responseTimeoutMs, keepAliveTimeoutMs, handshakeTimeoutMs } = configured();
    for (const limit of [headersTimeoutMs, requestTimeoutMs, responseTimeoutMs, keepAliveTimeoutMs])
      expect(limit + 2_000).toBeLessThanOrEqual(30_000);
    expect(handshakeTimeoutMs).toBe(10_000);
    // A proxy reads at once, and gives up an idle connection by itself.
    expect(configured({ PARLEY_TRUSTED_PROXIES: '10.0.0.0/8' }).keepAliveTimeoutMs).toBeGreaterThan(60_000);
  });

  it('that contradict each other are refused', () => {
    const { problems } = load({ PARLEY_HTTP_HEADERS_TIMEOUT_MS: '20000', PARLEY_HTTP_REQUEST_TIMEOUT_MS: '10000' });
    expect(problems.map(({ key }) => key)).toEqual(['headersTimeoutMs (PARLEY_HTTP_HEADERS_TIMEOUT_MS)']);
  });
});
