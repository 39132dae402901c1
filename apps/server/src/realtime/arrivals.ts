import type { IncomingMessage } from 'node:http';
import { addressGroup, DomainError } from '@parley/domain';

export interface ArrivalLimits {
  readonly connectionsPerAddress: number;
  readonly handshakesPerAddress: number;
  readonly handshakeTimeoutMs: number;
}

/** What we use of engine.io's socket. */
export interface EngineConnection {
  readonly id: string;
  readonly request: IncomingMessage;
  close(discard?: boolean): void;
  on(event: 'close', listener: () => void): void;
}

interface Arrival {
  /** Whole: a session id is good for it alone. */
  readonly address: string;
  readonly group: Count;
  readonly connection: EngineConnection;
  /** Namespaces it is on. */
  joined: number;
  lateness?: NodeJS.Timeout;
}

interface Count {
  readonly name: string;
  all: number;
  waiting: number;
}

/** How soon somebody may try again whose address has too many connections. */
const RETRY_MS = 5_000;

/** The connections of engine.io by address, and who among them is on no namespace (cases 88, 94, 95). */
export class Arrivals {
  private readonly arrivals = new Map<string, Arrival>();
  private readonly groups = new Map<string, Count>();

  constructor(private readonly limits: ArrivalLimits) {}

  /** Throws where one more from this address would be too many. */
  requireRoom(address: string): void {
    const count = this.groups.get(addressGroup(address));
    if (!count) return;
    const { connectionsPerAddress, handshakesPerAddress } = this.limits;
    if (count.all >= connectionsPerAddress || count.waiting >= handshakesPerAddress)
      throw new DomainError('quota-exceeded', { detail: 'too many connections from this address', retryAfterMs: RETRY_MS });
  }

  arrived(connection: EngineConnection, address: string): void {
    const group = this.groupOf(addressGroup(address));
    group.all += 1;
    group.waiting += 1;
    const arrival: Arrival = { address, group, joined: 0, connection };
    this.arrivals.set(connection.id, arrival);
    this.expect(arrival);
    connection.on('close', () => this.gone(connection.id));
  }

  joined(id: string): void {
    const arrival = this.arrivals.get(id);
    if (!arrival) return;
    if (arrival.joined === 0) arrival.group.waiting -= 1;
    arrival.joined += 1;
    clearTimeout(arrival.lateness);
    arrival.lateness = undefined;
  }

  /** Who leaves its last namespace is as one who never came in: socket.io itself would keep it for ever. */
  left(id: string): void {
    const arrival = this.arrivals.get(id);
    if (!arrival) return;
    arrival.joined -= 1;
    if (arrival.joined > 0) return;
    arrival.group.waiting += 1;
    this.expect(arrival);
  }

  /** At once and without asking: a client that does not poll would not answer. */
  private expect(arrival: Arrival): void {
    arrival.lateness = setTimeout(() => arrival.connection.close(true), this.limits.handshakeTimeoutMs).unref();
  }

  /** Undefined for a session that is not there. */
  addressOf(id: string): string | undefined {
    return this.arrivals.get(id)?.address;
  }

  private gone(id: string): void {
    const arrival = this.arrivals.get(id);
    if (!arrival) return;
    this.arrivals.delete(id);
    clearTimeout(arrival.lateness);
    const { group } = arrival;
    group.all -= 1;
    if (arrival.joined === 0) group.waiting -= 1;
    if (group.all === 0) this.groups.delete(group.name);
  }

  private groupOf(name: string): Count {
    const known = this.groups.get(name);
    if (known) return known;
    const made = { name, all: 0, waiting: 0 };
    this.groups.set(name, made);
    return made;
  }
}
