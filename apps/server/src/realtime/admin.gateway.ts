import { Injectable } from '@nestjs/common';
import { AuditService, Connections, OperatorService, RoomService, type PlatformActor } from '@parley/domain';
import { adminCommands, type In } from '@parley/protocol';
import type { Socket } from 'socket.io';
import { OnSocket, type Caller } from './on-socket.js';

type Operator = Caller<PlatformActor>;

@Injectable()
export class AdminGateway {
  private readonly watching = new WeakMap<Socket, () => void>();

  constructor(
    private readonly operators: OperatorService,
    private readonly rooms: RoomService,
    private readonly audit: AuditService,
    private readonly connections: Connections,
  ) {}

  @OnSocket(adminCommands.watchRoom)
  async watchRoom({ actor, socket }: Operator, { tenantId, roomId }: In<typeof adminCommands.watchRoom>) {
    const operator = await this.operators.inTenant(actor, tenantId, 'moderator');
    const { room } = await this.rooms.get(operator, roomId);
    await this.audit.noteReading(operator, roomId);
    this.stopWatching(socket);
    if (socket.connected)
      this.watching.set(
        socket,
        this.connections.watch({ tenantId, roomNo: room.no }, (packet) => socket.emit('room.event', packet)),
      );
    return {};
  }

  @OnSocket(adminCommands.unwatchRoom)
  async unwatchRoom({ socket }: Operator) {
    this.stopWatching(socket);
    return {};
  }

  stopWatching(socket: Socket): void {
    this.watching.get(socket)?.();
    this.watching.delete(socket);
  }
}
