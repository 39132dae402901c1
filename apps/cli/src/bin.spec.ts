import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI_ROOT } from './main.js';
import { aTenant } from './testing/examples.js';
import { aFarSide, type FarSide, TOKEN } from './testing/far-side.js';
import type { Ran } from './testing/run-cli.js';

const BIN = join(CLI_ROOT, 'bin', 'chatctl.mjs');
const BUILT = ['apps/cli', 'libs/client', 'libs/protocol', 'libs/domain'].map((folder) =>
  join(CLI_ROOT, '..', '..', folder, 'dist', 'index.js'),
);
const isBuilt = BUILT.every((file) => existsSync(file));
const oldNode = ['/usr/bin/node', '/usr/local/bin/node', '/opt/homebrew/bin/node'].find((path) => majorOf(path) < 24);
if (!isBuilt) console.warn('NOT RUN: the built chatctl (npm run build first)');
if (oldNode === undefined) console.warn('NOT RUN: chatctl under a Node older than 24 (none on this machine)');

let folder: string;
let side: FarSide;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chatctl-bin-'));
  side = await aFarSide();
  side.answers = {
    'tenants.list': () => ({ items: [aTenant('acme')], nextCursor: null }),
    'adminKeys.mintToken': () => ({ token: 'eyJ.a.b', expiresAt: '2026-03-01T11:20:30Z' }),
  };
});
afterAll(async () => {
  await side.close();
  rmSync(folder, { recursive: true, force: true });
});

function majorOf(path: string): number {
  return existsSync(path) ? Number(execFileSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' })) : Infinity;
}

function run(node: string, argv: readonly string[]): Promise<Ran> {
  const env = {
    ...process.env,
    PARLEY_CONFIG_HOME: folder,
    PARLEY_DATA_DIR: join(folder, 'data'),
    PARLEY_URL: side.url,
    PARLEY_TOKEN: TOKEN,
    NODE_ENV: 'development',
  };
  return new Promise((resolve) => {
    execFile(node, argv, { env, encoding: 'utf8' }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

describe('bin/chatctl.mjs', () => {
  it('says what to do before the first build', async () => {
    const bin = join(folder, 'unbuilt', 'bin', 'chatctl.mjs');
    cpSync(BIN, bin);
    expect(await run(process.execPath, [bin, 'doctor'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'chatctl: not built yet: run npm start once (or npm run build).\n',
    });
  });

  it.skipIf(oldNode === undefined)('goes on with the Node that Parley ships, and ends as that one does', async () => {
    const bin = join(folder, 'apps', 'cli', 'bin', 'chatctl.mjs');
    const shipped = join(folder, 'node_modules', '.bin', 'node');
    cpSync(BIN, bin);
    mkdirSync(join(shipped, '..'), { recursive: true });
    writeFileSync(shipped, '#!/bin/sh\nshift\necho "shipped: $*"\nexit 5\n');
    chmodSync(shipped, 0o755);
    expect(await run(oldNode ?? '', [bin, 'tenants', 'list', '--json'])).toEqual({
      code: 5,
      stdout: 'shipped: tenants list --json\n',
      stderr: '',
    });
  });

  it.skipIf(!isBuilt)('prints the result alone, whatever NODE_ENV says', async () => {
    expect(await run(process.execPath, [BIN, 'tokens', 'mint', '--user', 'ann'])).toEqual({ code: 0, stdout: 'eyJ.a.b\n', stderr: '' });
  });

  it.skipIf(!isBuilt || oldNode === undefined)('does so under an old Node too', async () => {
    expect(await run(oldNode ?? '', [BIN, 'tokens', 'mint', '--user', 'ann'])).toEqual({ code: 0, stdout: 'eyJ.a.b\n', stderr: '' });
  });

  it.skipIf(!isBuilt)('suggests the near command', async () => {
    const ran = await run(process.execPath, [BIN, 'tenants', 'lst']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('Did you mean: chatctl tenants list?');
  });

  it.skipIf(!isBuilt)('has no test among its commands', async () => {
    const { stdout } = await run(process.execPath, [BIN, '--help']);
    expect(stdout).not.toMatch(/spec|testing/);
  });
});
