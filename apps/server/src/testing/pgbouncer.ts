import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.js';

/** It refuses uid 0. */
const NOBODY = 65_534;

/** Why tests behind a transaction pooler cannot run on this machine. */
export const whyNoPgbouncer = (): string | undefined =>
  spawnSync('pgbouncer', ['--version']).status === 0 ? undefined : 'there is no pgbouncer (apt install pgbouncer)';

/** A real pgbouncer in transaction mode in front of a PostgreSQL: fewer connections to it than its clients have. */
export class Pgbouncer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  static async start(postgresUrl: string, poolSize = 5): Promise<Pgbouncer> {
    const { hostname, port, username, password, pathname } = new URL(postgresUrl);
    const folder = mkdtempSync(join(tmpdir(), 'parley-pgbouncer-'));
    chmodSync(folder, 0o755);
    const own = await freePort();
    writeFileSync(join(folder, 'users.txt'), `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`);
    const settings = {
      listen_addr: '127.0.0.1',
      listen_port: own,
      unix_socket_dir: '',
      auth_type: 'scram-sha-256',
      auth_file: join(folder, 'users.txt'),
      pool_mode: 'transaction',
      max_client_conn: 1_000,
      default_pool_size: poolSize,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    writeFileSync(join(folder, 'pgbouncer.ini'), `[databases]\n* = host=${hostname} port=${port}\n[pgbouncer]\n${lines.join('\n')}\n`);
    const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    const child = spawn('pgbouncer', [join(folder, 'pgbouncer.ini')], { stdio: ['ignore', 'ignore', 'pipe'], ...asNobody });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until('pgbouncer takes connections', () => {
      if (child.exitCode !== null) throw new Error(`pgbouncer ended: ${output}`);
      return output.includes('process up');
    });
    return new Pgbouncer(child, folder, `postgres://${username}:${password}@127.0.0.1:${own}${pathname}`);
  }

  async stop(): Promise<void> {
    const gone = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGKILL');
    await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
