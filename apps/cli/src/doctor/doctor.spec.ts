import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anOperator } from '../testing/examples.js';
import { aFarSide, type FarSide, TOKEN } from '../testing/far-side.js';
import { aServerMain } from '../testing/fake-server.js';
import { Machine } from '../testing/run-cli.js';
import type { Check } from './check.js';
import { fileLimit, freeDisk, nodeVersion } from './machine.checks.js';

let machine: Machine;
let side: FarSide;

beforeEach(async () => {
  side = await aFarSide();
  side.answers = { 'session.current': () => ({ operator: anOperator, serverVersion: '0.1.0' }) };
  side.pages = {
    '/readyz': { status: 200, body: { ready: true, checks: [{ name: 'database', ok: true }] } },
    '/version': {
      status: 200,
      body: { version: '0.1.0', api: 'v1', features: [], nodeVersion: '24.0.0', schemaVersion: '1', profile: 'embedded' },
    },
  };
  machine = await Machine.start({ PARLEY_URL: side.url, PARLEY_TOKEN: TOKEN });
});
afterEach(() => Promise.all([side.close(), machine.stop()]));

async function doctor(variables: Readonly<Record<string, string>> = {}): Promise<{ code: number; checks: ReadonlyMap<string, Check> }> {
  const ran = await machine.run(['doctor', '--json'], variables);
  expect(ran.stderr).toBe('');
  const { checks } = JSON.parse(ran.stdout) as { checks: Check[] };
  return { code: ran.code, checks: new Map(checks.map((check) => [check.name, check])) };
}

describe('doctor', () => {
  it('finds nothing wrong with a healthy server', async () => {
    const { code, checks } = await doctor();
    expect([...checks.values()].filter((check) => check.status === 'fail')).toEqual([]);
    expect(code).toBe(0);
    expect(checks.get('Access token')).toMatchObject({ status: 'ok', detail: 'op@example.com, owner' });
    expect(checks.get('Version')?.status).toBe('ok');
    expect(checks.get('Configuration')?.status).toBe('skip');
  });

  it('prints the fix beside each fault and ends with 8', async () => {
    side.pages['/readyz'] = { status: 503, body: { ready: false, checks: [{ name: 'migrations', ok: false, detail: '2 pending' }] } };
    const ran = await machine.run(['doctor']);
    expect(ran).toMatchObject({ code: 8, stderr: '' });
    expect(ran.stdout).toMatch(/✗ Ready: migrations +2 pending\n +Fix: chatctl migrate up\n/);
    expect(ran.stdout).toMatch(/1 failed, \d warnings, \d+ fine/);
  });

  it('tells an unreachable server, a refused token, and no server at all', async () => {
    expect((await doctor({ PARLEY_URL: 'http://127.0.0.1:9' })).checks.get('Server')).toMatchObject({ status: 'fail' });
    expect((await doctor({ PARLEY_TOKEN: 'pat_other' })).checks.get('Access token')).toMatchObject({ status: 'fail' });
    expect((await doctor({ PARLEY_URL: '', PARLEY_TOKEN: '' })).checks.get('Server')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('No server') as string,
    });
  });

  it('warns of clocks and versions that drift apart, and fails on another major', async () => {
    side.clockSkewMs = 60_000;
    const body = { version: '0.9.0', api: 'v1', features: [], nodeVersion: '24.0.0', schemaVersion: '1', profile: 'embedded' };
    side.pages['/version'] = { status: 200, body };
    const drifted = await doctor();
    expect(drifted.code).toBe(0);
    expect(drifted.checks.get('Clock')?.status).toBe('warn');
    expect(drifted.checks.get('Version')?.status).toBe('warn');
    side.pages['/version'] = { status: 200, body: { ...body, version: '7.0.0' } };
    expect((await doctor()).code).toBe(8);
  });

  it('finds a dead process and a bad configuration on this machine', async () => {
    const PARLEY_SERVER_MAIN = await aServerMain(machine.folder, {
      'config-validate': { ok: false, problems: [{ key: 'PARLEY_PORT', reason: 'a whole number' }] },
    });
    await mkdir(machine.dataDir, { recursive: true });
    await writeFile(join(machine.dataDir, 'parley.pid'), '4194305');
    const { code, checks } = await doctor({ PARLEY_SERVER_MAIN });
    expect(code).toBe(8);
    expect(checks.get('Server process')).toMatchObject({ status: 'fail' });
    expect(checks.get('Configuration')).toMatchObject({ status: 'fail', detail: 'PARLEY_PORT: a whole number' });
    expect(checks.get('Data directory')).toMatchObject({ status: 'ok' });
    expect(checks.get('Disk')?.status).not.toBe('skip');
  });
});

describe('limits', () => {
  it('judges files, disk and Node by what a busy server needs', () => {
    expect([undefined, '512', '1024', '65536', 'unlimited'].map((text) => fileLimit(text).status)).toEqual([
      'skip',
      'fail',
      'warn',
      'ok',
      'ok',
    ]);
    expect([1e6, 1e9, 1e11].map((free) => freeDisk(free, '/data').status)).toEqual(['fail', 'warn', 'ok']);
    expect(freeDisk(1.5e9, '/data').detail).toBe('1.5 GB free for /data');
    expect(['22.9.0', '24.0.0'].map((version) => nodeVersion(version).status)).toEqual(['warn', 'ok']);
  });
});
