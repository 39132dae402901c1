import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { childEnvironment, nodeBinary, ROOT } from './node.mjs';

const { status } = spawnSync(nodeBinary() ?? process.execPath, [join(ROOT, 'node_modules/nx/dist/bin/nx.js'), ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
  env: childEnvironment(),
});
process.exit(status ?? 1);
