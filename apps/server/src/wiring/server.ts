import 'reflect-metadata';
import type { Server as HttpServer } from 'node:http';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CallRates, NodeService, PresenceService, type CallRateSettings, type NodeRole, type TenantLimits } from '@parley/domain';
import { routeTable } from '@parley/protocol';
import type { Logger } from 'pino';
import type { Server as SocketServer } from 'socket.io';
import { AdminRoomsController } from '../http/admin-rooms.controller.js';
import { AdminUsersController } from '../http/admin-users.controller.js';
import { AuthGuard } from '../http/auth.guard.js';
import { ROUTE } from '../http/endpoint.js';
import { HealthController } from '../http/health.controller.js';
import { fastifyAdapter, prepareHttp, type HttpTimeouts } from '../http/http-server.js';
import { MessagesController } from '../http/messages.controller.js';
import { NodesController } from '../http/nodes.controller.js';
import { OperatorsController } from '../http/operators.controller.js';
import { OutputInterceptor } from '../http/output.interceptor.js';
import { limitPeers } from '../http/peer-connections.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { PresenceController } from '../http/presence.controller.js';
import { RoomsController } from '../http/rooms.controller.js';
import { ServerFacts } from '../http/server-facts.js';
import { SessionCookies } from '../http/session-cookies.js';
import { StatsController } from '../http/stats.controller.js';
import { UsersController } from '../http/users.controller.js';
import type { ArrivalLimits } from '../realtime/arrivals.js';
import type { TooManySockets } from '../realtime/seats.js';
import { createSocketServer } from '../realtime/socket-server.js';
import { Overload } from '../telemetry/overload.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { addressReader, proxyList } from './client-address.js';
import { DomainModule, type Ports } from './domain.module.js';
import { Beat } from './beat.js';
import { commonLoops, servingLoops } from './loops.js';
import { GATEWAYS, openNamespaces } from './namespaces.js';

const CONTROLLERS = [
  UsersController,
  RoomsController,
  MessagesController,
  PresenceController,
  OperatorsController,
  AdminUsersController,
  AdminRoomsController,
  StatsController,
  NodesController,
  HealthController,
];
/** A worker says how it is, and nothing else. */
const WORKER_CONTROLLERS = [HealthController];
/** Connections the kernel holds until they are accepted. When it is full it drops them, and clients come again after 1, 3, 7 s. */
const BACKLOG = 4_096;
const DRAIN_MS = 10_000;
/** Within this all sockets are told to go elsewhere. */
const EMPTY_MS = 5_000;

export interface ServerOptions {
  readonly ports: Ports & { readonly fanout: { beacon(): void } };
  readonly log: Logger;
  readonly facts: ServerFacts;
  readonly role: NodeRole;
  /** Where clients reach this very process. */
  readonly nodeUrl: string | undefined;
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
  /** Absent in a worker. */
  readonly sockets?: SocketServer;
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
    controllers: options.role === 'worker' ? WORKER_CONTROLLERS : CONTROLLERS,
    providers: [
      ...(options.role === 'worker' ? [] : GATEWAYS),
      { provide: ServerFacts, useValue: facts },
      { provide: SessionCookies, useValue: cookies },
      { provide: Telemetry, useValue: telemetry },
      { provide: Overload, useValue: new Overload() },
      { provide: APP_GUARD, useClass: AuthGuard },
      { provide: APP_INTERCEPTOR, useClass: OutputInterceptor },
      { provide: APP_FILTER, useValue: new ProblemFilter(log, telemetry) },
    ],
  };
}

/** The whole server, over whatever technologies it is given. */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const { ports, log, trustedProxies, dashboardDirectory, connections, facts } = options;
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
  limitPeers(server, { ...connections, isTrusted: proxyList(trustedProxies) });
  const sockets = options.role === 'worker' ? undefined : openSockets(app, server, options);
  const beat = Beat.of(app, sockets, options);
  const loops = [...(sockets ? servingLoops(app, sockets, options) : []), ...commonLoops(app, beat, options)];
  return {
    app,
    sockets,
    listen: async (port, host) => {
      await app.listen({ port, host, backlog: BACKLOG });
      const address = server.address();
      return typeof address === 'object' && address ? address.port : port;
    },
    close: async () => {
      log.info('draining');
      const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
      await beat.stop(EMPTY_MS);
      await Promise.all(loops.map((loop) => loop.stop()));
      // Where it cannot be written, the others find out.
      await app
        .get(PresenceService)
        .leave()
        .catch(() => undefined);
      await app
        .get(NodeService)
        .leave(facts.nodeId)
        .catch(() => undefined);
      if (sockets) await new Promise<void>((done) => void sockets.close(() => done()));
      server.closeIdleConnections();
      await app.close();
      app.get(Overload).stop();
      clearTimeout(late);
    },
  };
}

function openSockets(app: NestFastifyApplication, server: HttpServer, options: ServerOptions): SocketServer {
  const { ports, facts, trustedProxies, connections } = options;
  const sockets = createSocketServer(server, {
    isDraining: () => facts.isDraining,
    addressOf: addressReader(trustedProxies),
    limits: connections,
    rates: app.get(CallRates),
    overload: app.get(Overload),
    requestId: () => ports.random.uuid(),
  });
  openNamespaces(app, sockets, options);
  return sockets;
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
