import { BUGS } from './bugs.ts';
import type { Adapters, ServerModules } from './server-modules.ts';

/**
 * The real server with one seeded bug: everything is its own, but for what the bug replaces. Only chaos starts this; it
 * is no part of the server, which does not know that it exists.
 */
const built = (path: string): string => new URL(`../../../apps/server/dist/${path}`, import.meta.url).href;
const { start }: ServerModules['start'] = await import(built('wiring/start.js'));
const { loadConfig }: ServerModules['config'] = await import(built('config/config.js'));

const name = process.env.PARLEY_TEST_CONTROL ?? '';
const bug = BUGS[name];
if (!bug) throw new Error(`there is no seeded bug ${name}`);
const { config, problems } = loadConfig({});
if (!config) throw new Error(JSON.stringify(problems));

const started = await start(config, (adapters: Adapters) => {
  bug(adapters);
  return adapters;
});
process.on('SIGTERM', () => void started.stop().then(() => process.exit(0)));
console.log(`Parley is ready, with a seeded bug: ${name}`);
