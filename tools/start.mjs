import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { childEnvironment, ROOT } from './node.mjs';
import { prepare } from './prepare.mjs';

const node = await prepare();
// The terminal sends its signal to both of us, and npm once more; the server takes close ones as one.
const server = spawn(node, [join(ROOT, 'apps/server/dist/main.js'), 'start', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
  env: childEnvironment(),
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
server.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
