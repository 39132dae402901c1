import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { childEnvironment, ROOT } from './node.mjs';
import { prepare, refuse } from './prepare.mjs';

if (spawnSync('redis-server', ['--version']).status !== 0)
  refuse('a cluster needs Redis or Valkey: apt install redis-server, or brew install redis');
const node = await prepare();
// On the packaged Node, since it uses what was built. The terminal sends its signal to both of us.
const cluster = spawn(node, [join(ROOT, 'tools/cluster-nodes.mjs')], { cwd: ROOT, stdio: 'inherit', env: childEnvironment() });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => cluster.kill(signal));
cluster.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
