import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment, ROOT } from './node.mjs';
import { prepare } from './prepare.mjs';

const node = await prepare();
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const reports = join(ROOT, '.cache/test-results');
mkdirSync(reports, { recursive: true });

let passed = 0;
let failed = 0;
const notRun = [];

const run = (command, args, options = {}) =>
  spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env: childEnvironment(options.env), ...options.spawn });

/** A check that is one pass or one failure. */
function check(title, args) {
  process.stdout.write(`\n== ${title}\n`);
  const { status } = run(node, args);
  if (status === 0) passed += 1;
  else {
    failed += 1;
    process.stdout.write(`FAILED: ${title}\n`);
  }
}

/** A vitest project; its report is counted test by test. */
function suite(project, env = {}) {
  process.stdout.write(`\n== tests: ${project}\n`);
  const report = join(reports, `${project}.json`);
  const { status } = run(
    node,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project',
      project,
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { env },
  );
  if (!existsSync(report)) {
    failed += 1;
    return;
  }
  const {
    numPassedTests,
    numFailedTests,
    numFailedTestSuites,
    testResults = [],
    numPendingTests = 0,
  } = JSON.parse(readFileSync(report, 'utf8'));
  passed += numPassedTests;
  const brokenFiles = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  failed += numFailedTests + brokenFiles;
  if (numPendingTests > 0) notRun.push(`${numPendingTests} test(s) of ${project} (their reasons are above)`);
  if (status !== 0 && numFailedTests + brokenFiles + numFailedTestSuites === 0) failed += 1;
}

/** Where apt and root allow, what the tests need is installed. */
function install(name) {
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!mayInstall) return;
  process.stdout.write(`\n== installing ${name} (apt)\n`);
  // A service that starts by itself would take a port and stay.
  const quiet = { spawn: { stdio: ['ignore', 'ignore', 'inherit'] }, env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } };
  run('apt-get', ['update', '-qq'], quiet);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], quiet);
}

function ensureChromium() {
  const find = () => process.env.CHROMIUM_PATH ?? CHROMIUM.find((path) => existsSync(path));
  if (!find()) install('chromium');
  return find();
}

/** A service that tests start by themselves; without it those tests say what they did not try. */
function ensure(command, what) {
  const isThere = () => spawnSync(command, ['--version']).status === 0;
  if (!isThere()) install(command);
  if (!isThere()) notRun.push(`${what}: there is no ${command} and it cannot be installed here`);
}

const only = process.argv[2];
const wants = (name) => only === undefined || only === name;

if (wants('checks')) {
  check('formatting', [join(ROOT, 'node_modules/prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.']);
  check('lint', [join(ROOT, 'node_modules/eslint/bin/eslint.js'), '.', '--max-warnings', '0']);
  check('types', [join(ROOT, 'tools/nx.mjs'), 'run-many', '-t', 'typecheck', '--outputStyle=static']);
  check('docs name every feature, promise and case, and their proofs exist', [join(ROOT, 'tools/check-docs.mjs')]);
  check('reference pages are of this code', [join(ROOT, 'tools/generate-reference.mjs'), '--check']);
  check('contracts break nothing that was released', [join(ROOT, 'tools/check-contracts.mjs')]);
  check('lockfile and pins', [join(ROOT, 'tools/check-lockfile.mjs')]);
}
if (wants('unit')) suite('unit');
if (wants('server') || wants('e2e')) ensure('redis-server', 'several nodes');
if (wants('server')) ensure('pgbouncer', 'a transaction pooler');
if (wants('server')) suite('server');
if (wants('e2e')) {
  const chromium = ensureChromium();
  if (!chromium) notRun.push('browser tests: there is no Chromium and it cannot be installed here (set CHROMIUM_PATH)');
  suite('e2e', chromium ? { CHROMIUM_PATH: chromium } : {});
}

// Last, when nothing else runs: it compares our speed with bare Socket.IO in the same run.
if (wants('bench')) check('speed against bare Socket.IO', [join(ROOT, 'bench/src/main.ts'), '--gate']);

for (const what of notRun) process.stdout.write(`\nNOT RUN: ${what}\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
