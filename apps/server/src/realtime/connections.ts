import type { Socket } from 'socket.io';
import type { ChatConnection } from './chat-connection.js';

const BY_SOCKET = new WeakMap<Socket, ChatConnection>();

/** Which connection a socket carries. */
export function bindConnection(socket: Socket, connection: ChatConnection): void {
  BY_SOCKET.set(socket, connection);
}

export function connectionOf(socket: Socket): ChatConnection {
  const connection = BY_SOCKET.get(socket);
  if (!connection) throw new Error('a socket without a connection');
  return connection;
}
