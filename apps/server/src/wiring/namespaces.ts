import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  AuthService,
  CallRates,
  Clock,
  Connections,
  ListenService,
  OperatorService,
  PresenceService,
  Random,
  SyncService,
} from '@parley/domain';
import { commandTable } from '@parley/protocol';
import type { Server as SocketServer } from 'socket.io';
import { SessionCookies } from '../http/session-cookies.js';
import { AdminGateway } from '../realtime/admin.gateway.js';
import { openAdmin } from '../realtime/admin.namespace.js';
import { openChat } from '../realtime/chat.namespace.js';
import type { DispatchOptions } from '../realtime/dispatch.js';
import { MessagesGateway } from '../realtime/messages.gateway.js';
import { bindCommands } from '../realtime/on-socket.js';
import { PresenceGateway } from '../realtime/presence.gateway.js';
import { RoomsGateway } from '../realtime/rooms.gateway.js';
import { Seats } from '../realtime/seats.js';
import { SessionGateway } from '../realtime/session.gateway.js';
import { Overload } from '../telemetry/overload.js';
import { Telemetry } from '../telemetry/telemetry.js';
import type { ServerOptions } from './server.js';

export const GATEWAYS = [MessagesGateway, PresenceGateway, RoomsGateway, SessionGateway, AdminGateway];

/** `/chat` and `/admin`, with every command of the table bound. */
export function openNamespaces(app: NestFastifyApplication, sockets: SocketServer, options: ServerOptions): void {
  const commands = bindCommands(
    GATEWAYS.map((gateway) => app.get<object>(gateway)),
    commandTable,
  );
  const { log, ports } = options;
  const telemetry = app.get(Telemetry);
  const dispatch: DispatchOptions = {
    commandsPerSecond: options.commandsPerSecond,
    rates: app.get(CallRates),
    overload: app.get(Overload),
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
    presence: app.get(PresenceService),
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
