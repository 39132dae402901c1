import { pino, type Logger } from 'pino';
import type { Server as SocketServer } from 'socket.io';
import { loadConfig, type Config } from '../config/config.js';
import type { ServerFacts } from '../http/server-facts.js';
import { callRatesOf } from '../wiring/limits.js';
import { createServer, type RunningServer, type ServerOptions } from '../wiring/server.js';
import { Seed } from './seed.js';
import { TestFacts } from './test-facts.js';

/** Root of encryption and cursors of test servers. */
export const TEST_SECRET_KEY = 'a secret key of tests, thirty-two bytes and more';

/** What a server without any setting has. */
const DEFAULTS = configured();

function configured(): Config {
  const { config } = loadConfig({}, { PARLEY_CONFIG: '/dev/null' });
  if (!config) throw new Error('the defaults are not valid');
  return config;
}

export interface TestServerOptions extends Partial<Omit<ServerOptions, 'ports' | 'log' | 'connections'>> {
  readonly connections?: Partial<ServerOptions['connections']>;
  readonly facts?: ServerFacts;
}

export interface TestServer {
  readonly url: string;
  readonly running: RunningServer;
  readonly sockets: SocketServer;
  readonly seed: Seed;
  /** What was logged as a bug, or as a chore that failed. */
  readonly bugs: readonly string[];
  close(): Promise<void>;
}

/** The real server on a free port of this machine, over the given technologies; what it logs is kept and not shown. */
export async function listening(
  ports: ServerOptions['ports'],
  { connections, commandsPerSecond = 1_000, ...options }: TestServerOptions = {},
): Promise<TestServer> {
  const bugs: string[] = [];
  const log: Logger = pino({ level: 'warn' }, { write: (line: string) => void bugs.push(line) });
  const running = await createServer({
    facts: new TestFacts(),
    role: 'all',
    nodeUrl: undefined,
    dashboardDirectory: '/nowhere',
    publicUrl: undefined,
    trustedProxies: [],
    commandsPerSecond,
    callRates: callRatesOf({ commandsPerSecond }),
    connections: { ...DEFAULTS, ...connections },
    tenantDefaults: {},
    ...options,
    ports,
    log,
  });
  const port = await running.listen(0, '127.0.0.1');
  const { sockets } = running;
  if (!sockets) throw new Error('a server without sockets');
  return { url: `http://127.0.0.1:${port}`, running, sockets, seed: new Seed(running.app), bugs, close: () => running.close() };
}
