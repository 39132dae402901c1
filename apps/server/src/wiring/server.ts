import 'reflect-metadata';
import type { Server as HttpServer } from 'node:http';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  AuthService,
  CallRates,
  Clock,
  Connections,
  ListenService,
  OperatorService,
  Random,
  ReceiptService,
  SweepService,
  SyncService,
  type CallRateSettings,
  type TenantLimits,
} from '@parley/domain';
import { commandTable, routeTable } from '@parley/protocol';
import type { Logger } from 'pino';
import type { Server as SocketServer } from 'socket.io';
import { AdminRoomsController } from '../http/admin-rooms.controller.js';
import { AdminUsersController } from '../http/admin-users.controller.js';
import { AuthGuard } from '../http/auth.guard.js';
import { ROUTE } from '../http/endpoint.js';
import { HealthController } from '../http/health.controller.js';
import { fastifyAdapter, prepareHttp, type HttpTimeouts } from '../http/http-server.js';
import { MessagesController } from '../http/messages.controller.js';
import { OperatorsController } from '../http/operators.controller.js';
import { OutputInterceptor } from '../http/output.interceptor.js';
import { limitPeers } from '../http/peer-connections.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { RoomsController } from '../http/rooms.controller.js';
import { ServerFacts } from '../http/server-facts.js';
import { SessionCookies } from '../http/session-cookies.js';
import { presentStats, StatsController } from '../http/stats.controller.js';
import { UsersController } from '../http/users.controller.js';
import { Loop } from '../jobs/loops.js';
import { AdminGateway } from '../realtime/admin.gateway.js';
import { openAdmin, PLATFORM } from '../realtime/admin.namespace.js';
import type { ArrivalLimits } from '../realtime/arrivals.js';
import { openChat } from '../realtime/chat.namespace.js';
import type { DispatchOptions } from '../realtime/dispatch.js';
import { MessagesGateway } from '../realtime/messages.gateway.js';
import { bindCommands } from '../realtime/on-socket.js';
import { RoomsGateway } from '../realtime/rooms.gateway.js';
import { Seats, type TooManySockets } from '../realtime/seats.js';
import { SessionGateway } from '../realtime/session.gateway.js';
import { createSocketServer } from '../realtime/socket-server.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { addressReader, proxyList } from './client-address.js';
import { DomainModule, type Ports } from './domain.module.js';

const CONTROLLERS = [
  UsersController,
  RoomsController,
  MessagesController,
  OperatorsController,
  AdminUsersController,
  AdminRoomsController,
  StatsController,
  HealthController,
];
const GATEWAYS = [MessagesGateway, RoomsGateway, SessionGateway, AdminGateway];
/** Connections the kernel holds until they are accepted. When it is full it drops them, and clients come again after 1, 3, 7 s. */
const BACKLOG = 4_096;
const DRAIN_MS = 10_000;
/** What was committed and not told is told within this, and what reading it takes (G6). */
const SWEEP_MS = 3_000;

export interface ServerOptions {
  readonly ports: Ports & { readonly fanout: { beacon(): void } };
  readonly log: Logger;
  readonly facts: ServerFacts;
  readonly dashboardDirectory: string;
  readonly publicUrl: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly commandsPerSecond: number;
  /** Of what `callRatesOf` would say. */
  readonly callRates: CallRateSettings;
  readonly connections: ArrivalLimits & HttpTimeouts & { readonly responseTimeoutMs: number; readonly tooManySockets: TooManySockets };
  readonly tenantDefaults: Partial<TenantLimits>;
  /** Own work between requests: what, and how often. */
  readonly chores?: readonly (readonly [everyMs: number, work: () => void | Promise<void>])[];
}

export interface RunningServer {
  readonly app: NestFastifyApplication;
  readonly sockets: SocketServer;
  listen(port: number, host: string): Promise<number>;
  /** Refuses newcomers, tells clients to come back elsewhere, answers what is under way, at most 10 s. */
  close(): Promise<void>;
}

@Module({})
class DoorsModule {}

function doors(options: ServerOptions): DynamicModule {
  const { facts, log, ports } = options;
  const origin = options.publicUrl === undefined ? undefined : new URL(options.publicUrl).origin;
  const cookies = new SessionCookies({ origin, isHttps: origin?.startsWith('https:') ?? false });
  const telemetry = new Telemetry(ports.fanout);
  return {
    module: DoorsModule,
    imports: [DomainModule.of(ports, options.tenantDefaults, options.callRates)],
    controllers: CONTROLLERS,
    providers: [
      ...GATEWAYS,
      { provide: ServerFacts, useValue: facts },
      { provide: SessionCookies, useValue: cookies },
      { provide: Telemetry, useValue: telemetry },
      { provide: APP_GUARD, useClass: AuthGuard },
      { provide: APP_INTERCEPTOR, useClass: OutputInterceptor },
      { provide: APP_FILTER, useValue: new ProblemFilter(log, telemetry) },
    ],
  };
}

/** The whole server, over whatever technologies it is given. */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const { ports, log, trustedProxies, dashboardDirectory, connections } = options;
  const http = { trustedProxies, random: ports.random, dashboardDirectory, timeouts: connections };
  const app = await NestFactory.create<NestFastifyApplication>(doors(options), fastifyAdapter(http), {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  requireAllRoutes();
  await prepareHttp(app, http);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const server = app.getHttpServer() as HttpServer;
  const clientAddress = addressReader(trustedProxies);
  let isDraining = false;
  const sockets = createSocketServer(server, {
    isDraining: () => isDraining,
    addressOf: clientAddress,
    limits: connections,
    rates: app.get(CallRates),
    requestId: () => ports.random.uuid(),
  });
  limitPeers(server, { ...connections, isTrusted: proxyList(trustedProxies) });
  const telemetry = app.get(Telemetry);
  openNamespaces(app, sockets, options, telemetry);
  const loops = startLoops(app, sockets, options, telemetry);
  return {
    app,
    sockets,
    listen: async (port, host) => {
      await app.listen({ port, host, backlog: BACKLOG });
      const address = server.address();
      return typeof address === 'object' && address ? address.port : port;
    },
    close: async () => {
      isDraining = true;
      log.info('draining');
      await Promise.all(loops.map((loop) => loop.stop()));
      sockets.of('/chat').local.emit('session.reconnect', { afterMs: 500, reason: 'server-stopping' });
      const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
      await new Promise<void>((done) => void sockets.close(() => done()));
      server.closeIdleConnections();
      await app.close();
      clearTimeout(late);
    },
  };
}

function openNamespaces(app: NestFastifyApplication, sockets: SocketServer, options: ServerOptions, telemetry: Telemetry): void {
  const commands = bindCommands(
    GATEWAYS.map((gateway) => app.get<object>(gateway)),
    commandTable,
  );
  const { log, ports } = options;
  const dispatch: DispatchOptions = {
    commandsPerSecond: options.commandsPerSecond,
    rates: app.get(CallRates),
    requestId: () => ports.random.uuid(),
    onDone: (command, milliseconds, code) => telemetry.noteCall('socket', command, milliseconds, code),
    onError: (error, command) => {
      telemetry.noteError();
      log.error({ err: error, command }, 'a socket command met a bug');
    },
  };
  const parts = {
    auth: app.get(AuthService),
    syncs: app.get(SyncService),
    listen: app.get(ListenService),
    connections: app.get(Connections),
    seats: new Seats(options.connections.tooManySockets),
    clock: app.get(Clock),
    random: app.get(Random),
  };
  openChat(sockets.of('/chat'), parts, commands, dispatch);
  const cookies = app.get(SessionCookies);
  const admin = {
    operators: app.get(OperatorService),
    random: app.get(Random),
    sessionSecret: (header: string | undefined) => cookies.read(header),
    isOwnOrigin: (origin: string, host: string | undefined) => cookies.isOwnOrigin(origin, host),
  };
  openAdmin(sockets.of('/admin'), admin, app.get(AdminGateway), commands, dispatch);
}

function startLoops(app: NestFastifyApplication, sockets: SocketServer, options: ServerOptions, telemetry: Telemetry): Loop[] {
  const { log, ports, chores = [] } = options;
  const receipts = app.get(ReceiptService);
  const sweeps = app.get(SweepService);
  const onError = (error: unknown): void => log.warn({ err: error }, 'a chore failed; it is tried again');
  return [
    new Loop(250, () => receipts.flush(), onError),
    new Loop(5_000, () => ports.fanout.beacon(), onError),
    new Loop(SWEEP_MS, () => sweeps.sweep(), onError),
    new Loop(
      2_000,
      () =>
        void sockets
          .of('/admin')
          .to(PLATFORM)
          .emit('stats.changed', presentStats(telemetry.tick(ports.clock.now()))),
      onError,
    ),
    ...chores.map(([everyMs, work]) => new Loop(everyMs, work, onError)),
  ];
}

/** Start-up fails when a route has no handler, or two. */
function requireAllRoutes(): void {
  const bound = new Map<unknown, number>();
  for (const controller of CONTROLLERS) {
    for (const method of Object.getOwnPropertyNames(controller.prototype)) {
      const handler: unknown = (controller.prototype as unknown as Record<string, unknown>)[method];
      const spec: unknown = typeof handler === 'function' ? Reflect.getMetadata(ROUTE, handler) : undefined;
      if (spec) bound.set(spec, (bound.get(spec) ?? 0) + 1);
    }
  }
  for (const [name, spec] of routeTable)
    if (bound.get(spec) !== 1) throw new Error(`the route ${name} has ${bound.get(spec) ?? 0} handlers`);
}
