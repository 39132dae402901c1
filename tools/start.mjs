import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment, ROOT } from './node.mjs';
import { prepare } from './prepare.mjs';

const node = await prepare();
// Short-lived memory would otherwise grow to 128 MB and more on a large machine, for no speed that could be measured.
const { nodeFlags } = JSON.parse(readFileSync(join(ROOT, 'apps/server/package.json'), 'utf8')).config;
// The terminal sends its signal to both of us, and npm once more; the server takes close ones as one.
const server = spawn(node, [...nodeFlags.split(' '), join(ROOT, 'apps/server/dist/main.js'), 'start', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
  env: childEnvironment(),
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
server.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
