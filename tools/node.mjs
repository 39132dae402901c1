import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node that npm installed for us, when there is one for this platform; else the one running, when it is new enough. */
export function nodeBinary() {
  const own = join(ROOT, 'node_modules/.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  const packaged = join(ROOT, `node_modules/node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}/bin/node`);
  if (existsSync(packaged)) return packaged;
  if (existsSync(own) && process.platform !== 'win32') return own;
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined;
}

/** The environment of child processes: our Node first, nothing that phones home, nothing interactive. */
export function childEnvironment(extra = {}) {
  return {
    ...process.env,
    PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`,
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    NX_TUI: 'false',
    // Compiled code is kept between starts.
    NODE_COMPILE_CACHE: join(ROOT, '.cache/compiled'),
    npm_config_update_notifier: 'false',
    ...extra,
  };
}
