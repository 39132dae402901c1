import type { Passwords } from '@parley/domain';
import { memoryPorts, type MemoryDatabase } from '@parley/domain/testing';
import { NoBus } from '../adapters/bus/no-bus.js';
import { HmacCursors } from '../adapters/cursors/hmac-cursors.js';
import { SocketFanout } from '../adapters/fanout/socket-fanout.js';
import { HttpNodeProbe } from '../adapters/node-probe/http-node-probe.js';
import { MemoryPresence } from '../adapters/presence/memory-presence.js';
import { CryptoRandom } from '../adapters/random/crypto-random.js';
import { AesSecretBox } from '../adapters/secret-box/aes-secret-box.js';
import { PassportUserTokens } from '../adapters/user-tokens/passport-user-tokens.js';
import { MovableClock } from './movable-clock.js';
import { listening, TEST_SECRET_KEY, type TestServer, type TestServerOptions } from './test-server.js';

export interface MemoryServer extends TestServer {
  readonly db: MemoryDatabase;
  readonly clock: MovableClock;
  readonly fanout: SocketFanout;
}

/** The real server with the real credentials, cursors and sockets; only what is stored is in memory, and passwords are fast. */
export async function serverOnMemory(options: TestServerOptions & { readonly passwords?: Passwords } = {}): Promise<MemoryServer> {
  const { passwords, ...rest } = options;
  const clock = new MovableClock();
  const random = new CryptoRandom();
  const memory = memoryPorts({ clock, random });
  const fanout = new SocketFanout(random, new NoBus());
  const ports = {
    ...memory,
    fanout,
    bus: new NoBus(),
    presence: new MemoryPresence(),
    nodeProbe: new HttpNodeProbe(),
    passwords: passwords ?? memory.passwords,
    tokens: new PassportUserTokens(),
    cursors: new HmacCursors(TEST_SECRET_KEY),
    box: new AesSecretBox(TEST_SECRET_KEY),
  };
  const server = await listening(ports, rest);
  return { ...server, db: memory.db, clock, fanout };
}
