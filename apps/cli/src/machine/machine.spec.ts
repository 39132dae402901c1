import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aServerMain } from '../testing/fake-server.js';
import { Machine } from '../testing/run-cli.js';
import { isAlive } from './server-process.js';
import { versionSkew } from './version-skew.js';

let machine: Machine;
beforeEach(async () => {
  machine = await Machine.start();
});
afterEach(async () => {
  await machine.run(['server', 'stop']); // a failed test must not leave its server behind
  await machine.stop();
});

async function aServer(answers: Readonly<Record<string, unknown>>): Promise<(...argv: string[]) => ReturnType<Machine['run']>> {
  const PARLEY_SERVER_MAIN = await aServerMain(machine.folder, answers);
  return (...argv) => machine.run(argv, { PARLEY_SERVER_MAIN });
}

describe('migrate', () => {
  it('status ends with 8 while something is pending', async () => {
    const behind = await aServer({ 'migrate-status': { current: '0001', latest: '0002', pending: ['0002-bans'], ok: false } });
    expect(await behind('migrate', 'status')).toEqual({
      code: 8,
      stdout: 'Current  0001\nLatest   0002\nPending  1\n  0002-bans\n',
      stderr: '',
    });
    const whole = await aServer({ 'migrate-status': { current: '0002', latest: '0002', pending: [], ok: true } });
    const ran = await whole('migrate', 'status', '--json');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual({ current: '0002', latest: '0002', pending: [], ok: true });
  });

  it('up names what it applied; --dry-run what it would', async () => {
    const server = await aServer({
      'migrate-up': { applied: ['0002-bans'] },
      'migrate-status': { current: '0001', latest: '0002', pending: ['0002-bans'], ok: false },
    });
    expect(await server('migrate', 'up')).toMatchObject({ code: 0, stdout: 'Applied:\n  0002-bans\n' });
    expect(await server('migrate', 'up', '--dry-run')).toEqual({ code: 0, stdout: 'Would apply:\n  0002-bans\n', stderr: '' });
  });
});

describe('config', () => {
  it('shows values with their origin', async () => {
    const server = await aServer({
      'config-show': {
        values: [
          { key: 'port', value: 3000, origin: 'default' },
          { key: 'secretKey', value: '***', origin: 'env' },
        ],
      },
    });
    expect(await server('config', 'show')).toEqual({
      code: 0,
      stderr: '',
      stdout: 'KEY        ORIGIN   VALUE\nport       default  3000\nsecretKey  env      ***\n',
    });
    expect((await server('config', 'show', '--changed')).stdout).not.toContain('port');
  });

  it('validate ends with 8 and lists every problem', async () => {
    const bad = await aServer({ 'config-validate': { ok: false, problems: [{ key: 'PARLEY_PORT', reason: 'a whole number' }] } });
    expect(await bad('config', 'validate')).toMatchObject({
      code: 8,
      stderr: '',
      stdout: expect.stringContaining('PARLEY_PORT  a whole number') as string,
    });
    const good = await aServer({ 'config-validate': { ok: true, problems: [] } });
    expect(await good('config', 'validate')).toEqual({ code: 0, stdout: 'The configuration is valid.\n', stderr: '' });
  });
});

describe('operators recover', () => {
  it('prints the one-time password, on the server’s machine only', async () => {
    const server = await aServer({ 'recover-operator': { email: 'a@b.c', password: 'one-time' } });
    expect(await server('operators', 'recover', '--email', 'a@b.c')).toMatchObject({ code: 2, stdout: '' });
    expect(await server('operators', 'recover', '--local', '--email', 'a@b.c')).toEqual({
      code: 0,
      stdout: 'Email     a@b.c\nPassword  one-time\n',
      stderr: '',
    });
  });
});

describe('the server’s entry', () => {
  it('may refuse, with a fix', async () => {
    const server = await aServer({ 'migrate-status': { error: { message: 'The database does not answer.', fix: 'Start it.' } } });
    expect(await server('migrate', 'status')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error: The database does not answer.\nFix: Start it.\n',
    });
    expect(JSON.parse((await server('migrate', 'status', '--json')).stderr)).toMatchObject({
      error: { detail: 'The database does not answer.', fix: 'Start it.' },
    });
  });

  it('may be of another release', async () => {
    const server = await aServer({ 'config-show': { entries: [] } });
    expect(await server('config', 'show')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('same release') as string,
    });
  });

  it('is missed clearly', async () => {
    const ran = await machine.run(['migrate', 'status']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('npm start');
  });
});

describe('server', () => {
  it('starts in the background, tells how it is, and stops', async () => {
    const server = await aServer({});
    expect(await server('server', 'status', '--json')).toMatchObject({ code: 7, stderr: '' });
    const started = await server('server', 'start', '--detach', '--json');
    expect(started).toMatchObject({ code: 0, stderr: '' });
    const { pid, url, logFile } = JSON.parse(started.stdout) as { pid: number; url: string; logFile: string };
    expect(await isAlive(pid)).toBe(true);
    expect(await readFile(logFile, 'utf8')).toBe('node --max-semi-space-size=8 --no-warnings\nParley is ready\n');
    expect((await stat(logFile)).mode & 0o777).toBe(0o600);

    expect(await server('server', 'start', '--detach')).toMatchObject({ code: 5, stdout: '' });
    const status = await server('server', 'status');
    expect(status).toMatchObject({ code: 0, stderr: '' });
    expect(status.stdout).toContain(`pid ${pid}`);
    expect(status.stdout).toMatch(/database +yes +PostgreSQL 18/);
    expect(JSON.parse((await server('server', 'status', '--json')).stdout)).toMatchObject({
      running: true,
      pid,
      url,
      ready: true,
      version: { version: '0.1.7' },
      skew: { level: 'none' },
    });

    expect(await server('server', 'stop')).toEqual({ code: 0, stdout: `The server (pid ${pid}) has ended.\n`, stderr: '' });
    expect(await isAlive(pid)).toBe(false);
    expect(await server('server', 'stop')).toEqual({ code: 0, stdout: 'No server is running.\n', stderr: '' });
  });

  it('says why a start failed, from the log', async () => {
    const PARLEY_SERVER_MAIN = await aServerMain(machine.folder, {}, { diesWith: 'port 3000 is taken' });
    const ran = await machine.run(['server', 'start', '--detach'], { PARLEY_SERVER_MAIN });
    expect(ran).toMatchObject({ code: 7, stdout: '' });
    expect(ran.stderr).toContain('port 3000 is taken');
  });

  it('hands on the exit code of a server in the foreground', async () => {
    const PARLEY_SERVER_MAIN = await aServerMain(machine.folder, {}, { diesWith: '(a server that cannot start, as this test wants)' });
    expect(await machine.run(['server', 'start'], { PARLEY_SERVER_MAIN })).toMatchObject({ code: 3 });
    expect(await machine.run(['server', 'start', '--json'], { PARLEY_SERVER_MAIN })).toMatchObject({ code: 2 });
  });

  it('does not take a stale pid file for a server', async () => {
    await mkdir(machine.dataDir, { recursive: true });
    await writeFile(join(machine.dataDir, 'parley.pid'), '4194305');
    expect((await machine.run(['server', 'status'], { PARLEY_PORT: '9' })).stdout).toMatch(/Process +none\n/);
    expect(await machine.run(['server', 'stop'])).toMatchObject({ code: 0, stdout: 'No server is running.\n' });
  });
});

it('tells patches, minors and majors apart', () => {
  expect(versionSkew('1.2.3', '1.2.9').level).toBe('none');
  expect(versionSkew('1.2.3', '1.3.0-rc.1').level).toBe('minor');
  expect(versionSkew('1.2.3', '2.2.3').level).toBe('major');
});
