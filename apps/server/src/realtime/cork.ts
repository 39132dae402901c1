interface TcpSocket {
  cork(): void;
  uncork(): void;
}

interface Transport {
  readonly name: string;
  readonly socket?: { readonly _socket?: TcpSocket };
  send(packets: unknown[]): void;
}

interface EngineSocket {
  readonly transport: Transport;
  on(event: 'upgrade', listener: (transport: Transport) => void): void;
}

/** engine.io writes each waiting packet in a system call of its own; corked they leave in one (STACK 4). */
export function corkWrites(socket: unknown): void {
  const engine = socket as EngineSocket;
  wrap(engine.transport);
  engine.on('upgrade', wrap);
}

function wrap(transport: Transport): void {
  if (transport.name !== 'websocket') return;
  const send = transport.send.bind(transport);
  transport.send = (packets) => {
    const tcp = transport.socket?._socket;
    if (!tcp || packets.length === 1) return send(packets);
    tcp.cork();
    try {
      send(packets);
    } finally {
      tcp.uncork();
    }
  };
}
