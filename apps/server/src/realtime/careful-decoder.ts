import { HANDSHAKE_BYTES } from '@parley/domain';
import type { Server } from 'socket.io';

/** Namespaces one connection asks for in all its life. Each costs a look at a token, which nobody has paid for yet. */
const CONNECTS_MAX = 32;
const CONNECT = '0'.charCodeAt(0);

/** The decoder refuses by throwing, and socket.io closes the connection: what is too much is not even parsed. */
export function decodeCarefully(server: Server): void {
  const { _parser: parser } = server;
  class CarefulDecoder extends parser.Decoder {
    private connects = 0;

    override add(packet: unknown): void {
      const isConnect = typeof packet === 'string' && packet.charCodeAt(0) === CONNECT;
      if (isConnect) {
        this.connects += 1;
        if (packet.length > HANDSHAKE_BYTES) throw new Error('the handshake is too large');
        if (this.connects > CONNECTS_MAX) throw new Error('too many handshakes');
      } else if (this.connects === 0) throw new Error('a packet before the handshake');
      super.add(packet);
    }
  }
  (server as { _parser: typeof parser })._parser = { ...parser, Decoder: CarefulDecoder };
}
