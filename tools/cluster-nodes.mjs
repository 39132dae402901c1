import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { childEnvironment, ROOT } from './node.mjs';
import { refuse } from './prepare.mjs';
import { startStickyProxy } from './sticky-proxy.mjs';

/** What `npm run cluster` runs: a small cluster on this machine, as an operator would have it on several. */
const PORT = Number(process.env.PARLEY_PORT ?? 3_000);
const DATA = resolve(ROOT, process.env.PARLEY_DATA_DIR ?? '.parley-cluster');
const NODES = [
  { name: 'api-1', role: 'api' },
  { name: 'api-2', role: 'api' },
  { name: 'worker-1', role: 'worker' },
];

const stops = [];
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(0));

mkdirSync(DATA, { recursive: true, mode: 0o755 });
const postgresUrl = await startPostgres();
const redisUrl = await startRedis();
const shared = {
  PARLEY_PROFILE: 'cluster',
  PARLEY_POSTGRES_URL: postgresUrl,
  PARLEY_REDIS_URL: redisUrl,
  PARLEY_SECRET_KEY: secretKey(),
  PARLEY_HOST: '127.0.0.1',
  PARLEY_TRUSTED_PROXIES: '127.0.0.1',
  PARLEY_PUBLIC_URL: `http://127.0.0.1:${PORT}`,
  PARLEY_MIGRATE_AT_START: 'true',
  PARLEY_SAMPLE_TENANT: 'true',
};
const ports = [];
for (const one of NODES) ports.push(await startNode(one));
const apis = NODES.flatMap(({ role }, index) => (role === 'api' ? [{ host: '127.0.0.1', port: ports[index] }] : []));
const proxy = await startStickyProxy(apis, PORT).catch((error) => refuse(`port ${PORT}: ${error.message}`));
stops.push(() => proxy.close());
process.stdout.write(`
  Cluster     ${NODES.map(({ name }, index) => `${name} :${ports[index]}`).join('   ')}
  Through     http://127.0.0.1:${PORT}   (a proxy with sticky sessions)
  Dashboard   http://127.0.0.1:${PORT}/dashboard/nodes
  Data        ${DATA}   (${join(DATA, 'api-1/first-run.json')} holds the first operator and a sample tenant)

Parley is ready
`);

async function startPostgres() {
  const { EmbeddedPostgres } = await import(pathToFileURL(join(ROOT, 'apps/server/dist/adapters/postgres/embedded-postgres.js')).href);
  const postgres = new EmbeddedPostgres(join(DATA, 'postgres'), (note) => process.stderr.write(`postgres: ${note}\n`));
  const url = await postgres.start();
  stops.push(() => postgres.stop());
  return url;
}

async function startRedis() {
  const port = await freePort();
  const directory = join(DATA, 'redis');
  mkdirSync(directory, { recursive: true });
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory], {
    stdio: 'ignore',
  });
  stops.push(() => ended(child, 'SIGTERM'));
  child.on('exit', () => isStopping || process.stderr.write('redis ended: nodes go on by polling\n'));
  return `redis://127.0.0.1:${port}`;
}

async function startNode({ name, role }) {
  const port = await freePort();
  const { nodeFlags } = JSON.parse(readFileSync(join(ROOT, 'apps/server/package.json'), 'utf8')).config;
  const child = spawn(process.execPath, [...nodeFlags.split(' '), join(ROOT, 'apps/server/dist/main.js'), 'start'], {
    cwd: ROOT,
    env: childEnvironment({ ...shared, PARLEY_PORT: String(port), PARLEY_ROLE: role, PARLEY_DATA_DIR: join(DATA, name) }),
    stdio: ['ignore', 'pipe', 'inherit'],
    // Of its own: the terminal's signal comes to us, and we stop them in order.
    detached: true,
  });
  stops.push(() => ended(child, 'SIGTERM'));
  let output = '';
  await new Promise((done) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.includes('Parley is ready')) done();
    });
    child.on('exit', (code) => {
      if (isStopping) return done();
      process.stderr.write(`${name} ended with ${code}\n`);
      if (!output.includes('Parley is ready')) void stop(1);
    });
  });
  return port;
}

function secretKey() {
  const path = join(DATA, 'secret.key');
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  chmodSync(path, 0o600);
  return readFileSync(path, 'utf8').trim();
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function ended(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill(signal);
  await gone;
}

/** The nodes first, what they stand on last. */
async function stop(code) {
  if (isStopping) return;
  isStopping = true;
  process.stdout.write('The cluster is stopping\n');
  for (const one of stops.reverse()) await one().catch((error) => process.stderr.write(`${error}\n`));
  process.exit(code);
}
