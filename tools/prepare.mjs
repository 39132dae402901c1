import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment, nodeBinary, ROOT } from './node.mjs';

const OLDEST_NODE = 20;
const CACHE = join(ROOT, '.cache');
const BUILT = ['libs/domain', 'libs/protocol', 'libs/client', 'apps/server', 'apps/cli', 'apps/admin-ui'];
const isTerminal = process.stderr.isTTY === true;

export function refuse(line) {
  process.stderr.write(`parley: ${line}\n`);
  process.exit(1);
}

/** What only old Node lacks is said before anything fails for it. */
export function requireNode() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE) refuse(`Node ${process.versions.node} is too old: install Node ${OLDEST_NODE} or newer (https://nodejs.org)`);
}

/** Runs one step with its time told; its output is shown only when it fails. */
async function step(title, command, args) {
  const started = Date.now();
  process.stderr.write(isTerminal ? `  ${title} …` : `  ${title} …\n`);
  const tick = isTerminal
    ? setInterval(() => process.stderr.write(`\r  ${title} … ${Math.round((Date.now() - started) / 1000)} s`), 1000)
    : undefined;
  const child = spawn(command, args, { cwd: ROOT, env: childEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  const code = await new Promise((done) => {
    child.on('error', (error) => {
      output += error.message;
      done(1);
    });
    child.on('exit', (value) => done(value ?? 1));
  });
  clearInterval(tick);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stderr.write(`${isTerminal ? '\r' : ''}  ${title} ${code === 0 ? 'done' : 'failed'} in ${seconds} s      \n`);
  if (code !== 0) {
    process.stderr.write(
      `${output
        .split('\n')
        .filter((line) => !/EBADENGINE/.test(line))
        .slice(-40)
        .join('\n')}\n`,
    );
    refuse(`${title.toLowerCase()} failed (exit ${code}); the last lines are above`);
  }
}

const digest = (text) => createHash('sha256').update(text).digest('hex');
const stamp = (name) => (existsSync(join(CACHE, name)) ? readFileSync(join(CACHE, name), 'utf8') : '');
function mark(name, value) {
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(join(CACHE, name), value);
}

/** Names, sizes and times of all sources: enough to know that nothing was touched. */
function sourcesOf(folder) {
  const lines = [];
  const walk = (at) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      if (['node_modules', 'dist'].includes(entry.name)) continue;
      const path = join(at, entry.name);
      if (entry.isDirectory()) walk(path);
      else {
        const { size, mtimeMs } = statSync(path);
        lines.push(`${path} ${size} ${mtimeMs}`);
      }
    }
  };
  walk(join(ROOT, folder));
  return lines.sort().join('\n');
}

/** Installs and builds what has changed since the last time, and nothing else. */
export async function prepare() {
  requireNode();
  const wanted = digest(`${readFileSync(join(ROOT, 'package-lock.json'), 'utf8')}${process.platform}${process.arch}`);
  if (!existsSync(join(ROOT, 'node_modules')) || stamp('installed') !== wanted) {
    await step('Installing packages', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
    mark('installed', wanted);
  }
  const node = nodeBinary();
  if (!node) refuse(`there is no packaged Node 24 for ${process.platform} ${process.arch}: install Node 24 or newer`);
  const state = digest(BUILT.map(sourcesOf).join('\n') + wanted);
  const isWhole = BUILT.every((folder) => existsSync(join(ROOT, folder, 'dist')));
  if (!isWhole || stamp('built') !== state) {
    await step('Building', node, [join(ROOT, 'tools/nx.mjs'), 'run-many', '-t', 'build', '--outputStyle=static']);
    mark('built', digest(BUILT.map(sourcesOf).join('\n') + wanted));
  }
  return node;
}
