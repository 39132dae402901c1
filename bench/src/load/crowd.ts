import { RawSocket, type Address } from './raw-socket.ts';

/** Connections opened at the same time. */
const CONNECTING = 20;

export interface Guest {
  readonly token: string;
  /** The first one is where it sends. */
  readonly rooms: readonly string[];
  /** Of the node it connects to, where there are several. */
  readonly port?: number;
}

export interface CrowdEvents {
  /** The bytes are valid only during the call. */
  readonly onPacket?: (index: number, bytes: Buffer, start: number, end: number) => void;
  readonly onReady?: (index: number, told: unknown) => void;
}

/** All connections of a load process, by the index of their guest. */
export class Crowd {
  /** Connections that ended although nobody wished it. */
  closed = 0;
  firstClose: string | undefined;
  readonly guests: readonly Guest[];
  private readonly address: Address;
  private readonly events: CrowdEvents;
  private readonly sockets: (RawSocket | undefined)[] = [];

  constructor(address: Address, guests: readonly Guest[], events: CrowdEvents) {
    this.address = address;
    this.guests = guests;
    this.events = events;
  }

  /** Connects whoever is not connected, a few at a time. */
  async gather(): Promise<void> {
    const absent = this.guests.flatMap((_, index) => (this.sockets[index] ? [] : [index]));
    for (let from = 0; from < absent.length; from += CONNECTING) {
      await Promise.all(absent.slice(from, from + CONNECTING).map((index) => this.connect(index)));
    }
  }

  /** One connection; rejects as `RawSocket.connect` does. `auth` is told beside the token. */
  async connect(index: number, auth: object = {}): Promise<void> {
    const { onPacket, onReady } = this.events;
    const port = this.guests[index]?.port;
    this.sockets[index] = await RawSocket.connect({
      ...this.address,
      ...(port === undefined ? {} : { port }),
      auth: { token: this.guests[index]?.token, ...auth },
      onPacket: (bytes, start, end) => onPacket?.(index, bytes, start, end),
      onReady: (told) => onReady?.(index, told),
      onClose: (reason) => this.lost(index, reason),
    });
  }

  /** Nothing where the guest is not connected. */
  at(index: number): RawSocket | undefined {
    return this.sockets[index];
  }

  /** Ends every connection at once and without a goodbye. */
  drop(): void {
    for (const socket of this.sockets.splice(0)) socket?.close();
  }

  private lost(index: number, reason: string): void {
    this.sockets[index] = undefined;
    this.closed += 1;
    this.firstClose ??= reason;
  }
}
