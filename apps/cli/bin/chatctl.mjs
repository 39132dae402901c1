#!/usr/bin/env node
// Runs on any Node that parses ES modules: finds the Node that Parley ships when this one is too old, then starts the built CLI.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SHIPPED_MAJOR = 24;
const OLDEST_MAJOR = 22;
/** Set on the second start, so that a shipped Node that is too old itself cannot start for ever. */
const MARK = 'CHATCTL_REEXECUTED';

const here = dirname(fileURLToPath(import.meta.url));
const major = Number(process.versions.node.split('.')[0]);
const isSecondStart = process.env[MARK] === '1';
delete process.env[MARK];

/** The binary of the optional `node-<platform>-<arch>` package, in the nearest `node_modules` that has one. */
function shippedNode() {
  const exe = process.platform === 'win32' ? 'node.exe' : 'node';
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  for (let folder = here, up = dirname(here); folder !== up; folder = up, up = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    const found = [join(modules, '.bin', exe), join(modules, `node-${platform}-${process.arch}`, 'bin', exe)].find(existsSync);
    if (found) return found;
  }
  return undefined;
}

function restartWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [MARK]: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`chatctl: cannot run ${node}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}

const better = major < SHIPPED_MAJOR && !isSecondStart ? shippedNode() : undefined;
const main = join(here, '..', 'dist', 'index.js');
if (better) {
  restartWith(better);
} else if (major < OLDEST_MAJOR) {
  console.error(
    `chatctl: Node ${process.versions.node} is too old. Install Node ${SHIPPED_MAJOR}, or run npm install without --omit=optional.`,
  );
  process.exitCode = 1;
} else if (!existsSync(main)) {
  console.error('chatctl: not built yet: run npm start once (or npm run build).');
  process.exitCode = 1;
} else {
  const { main: run } = await import(pathToFileURL(main).href);
  process.exitCode = await run(process.argv.slice(2));
}
