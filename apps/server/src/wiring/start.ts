import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { Config } from '../config/config.js';
import { createAdapters, dataSourceOf, openDatabase, requireSchema, type Adapters, type Database, type Note } from './adapters.js';
import { callRatesOf, tenantDefaultsOf } from './limits.js';
import { firstRun, type FirstRun } from './first-run.js';
import { StartRefused, takeDataDirectory } from './pid-file.js';
import { createServer, type RunningServer } from './server.js';
import { LiveFacts } from './server-facts.js';

const DASHBOARD = fileURLToPath(new URL('../../../admin-ui/dist', import.meta.url));

export interface Started {
  readonly url: string;
  readonly firstRun?: FirstRun;
  /** Drains and ends everything, PostgreSQL included. */
  stop(): Promise<void>;
}

/** Changes what `createAdapters` made before anything is built on it. The chaos harness seeds its bugs here, from outside. */
export type ReplaceAdapters = (adapters: Adapters) => Adapters;

/** Starts the whole of Parley as configured. What was opened is closed again when something later fails. */
export async function start(config: Config, replace: ReplaceAdapters = (adapters) => adapters): Promise<Started> {
  const log = pino(
    { level: config.logLevel, redact: ['*.token', '*.secret', '*.password', 'headers.authorization', 'headers.cookie'] },
    pino.destination({ dest: 2, sync: false }),
  );
  const opened: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.reverse().splice(0)) await close();
  };
  try {
    opened.push(takeDataDirectory(config.dataDir));
    const database = await openDatabase(config, (note) => log.warn(note));
    opened.push(() => database.stop());
    const connected = await connect(config, database, (note) => log.warn(note));
    const { schemaVersion } = connected;
    opened.push(() => connected.adapters.close());
    const adapters = replace(connected.adapters);
    const facts = new LiveFacts({
      profile: config.profile,
      schemaVersion,
      nodeId: adapters.random.uuid(),
      publicUrl: config.publicUrl,
      metricsToken: config.metricsToken,
      postgres: adapters.postgres,
      bus: adapters.bus,
      whyDatabaseDown: () => database.whyDown(),
    });
    const server = await createServer({
      ports: adapters,
      log,
      facts,
      role: config.role,
      nodeUrl: config.nodeUrl,
      dashboardDirectory: DASHBOARD,
      publicUrl: config.publicUrl,
      trustedProxies: config.trustedProxies,
      commandsPerSecond: config.commandsPerSecond,
      callRates: callRatesOf(config),
      connections: config,
      tenantDefaults: tenantDefaultsOf(config),
      chores: [
        [30_000, () => adapters.clock.measure()],
        ...(config.role === 'api' ? [] : [[3_600_000, () => adapters.forgetOldAnswers()] as const]),
      ],
    });
    opened.push(() => server.close());
    const url = await listen(server, config);
    // Whoever serves people makes the first of them.
    const made =
      config.role === 'worker'
        ? undefined
        : await firstRun(server.app, {
            dataDir: config.dataDir,
            url,
            email: config.bootstrapOperatorEmail,
            password: config.bootstrapOperatorPassword,
            requestId: adapters.random.uuid(),
            withSampleTenant: config.sampleTenant,
          });
    await adapters.clock.measure();
    facts.begin();
    return { url, firstRun: made, stop: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function connect(config: Config, database: Database, note: Note): Promise<{ adapters: Adapters; schemaVersion: string }> {
  const source = await dataSourceOf(database.url, { isPooled: database.url !== database.directUrl }).initialize();
  try {
    const schemaVersion = await requireSchema(config, database, source);
    return { adapters: createAdapters(config, database, source, note), schemaVersion };
  } catch (error) {
    await source.destroy();
    throw error instanceof Error && /migration|newer/.test(error.message) ? new StartRefused(error.message) : error;
  }
}

async function listen(server: RunningServer, { port, host, publicUrl }: Config): Promise<string> {
  try {
    const bound = await server.listen(port, host);
    const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return publicUrl?.replace(/\/$/, '') ?? `http://${shown}:${bound}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartRefused(`port ${port} is taken: free it, or set PARLEY_PORT (PARLEY_PORT=${port + 1} npm start)`);
    if (code === 'EACCES') throw new StartRefused(`port ${port} needs more rights than this user has: set PARLEY_PORT to one above 1023`);
    if (code === 'EADDRNOTAVAIL') throw new StartRefused(`this machine has no address ${host}: set PARLEY_HOST`);
    throw error;
  }
}
