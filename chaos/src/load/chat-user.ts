import { setTimeout as sleep } from 'node:timers/promises';
import type { RoomEnvelope, SessionReady, SyncAnswer, UserEnvelope } from '@parley/protocol';
import { io, type Socket } from 'socket.io-client';
import type { Recorder } from '../checks/recorder.ts';
import type { Canaries } from './canaries.ts';
import { Places, type Identity, type Place } from './places.ts';
import type { SyncReply } from './wire.ts';

/** Longer than the server may take to say no (G21), so that a hang shows as one. */
export const ACK_TIMEOUT_MS = 8_000;
const RETRY_MS = 250;

export interface ChatUserOptions extends Identity {
  readonly url: string;
  readonly token: string;
  readonly recorder: Recorder;
  readonly canaries: Canaries;
  /** It comes through our proxy, which may do to it what lines do. */
  readonly isOnLine: boolean;
  /** Undefined = the stock behaviour, polling first. */
  readonly transports?: ['websocket'];
  /** Positions an earlier life of this client kept, by room. */
  readonly positions?: ReadonlyMap<string, number>;
}

/** A user with a plain `socket.io-client`: keeps positions and asks for what is missing. */
export class ChatUser {
  /** `connect_error` of the final kind: a stock client does not come back from it. */
  readonly refusals: string[] = [];
  readonly resets: string[] = [];
  readonly places: Places;
  readonly options: ChatUserOptions;
  readyCount = 0;
  /** When the last packet came, of whatever kind. */
  heardAt = 0;
  isClosed = false;
  private readonly socket: Socket;

  constructor(options: ChatUserOptions) {
    this.options = options;
    const { url, token, transports } = options;
    this.places = new Places(options, options.recorder);
    for (const [roomId, pts] of options.positions ?? []) this.places.follow(roomId, pts);
    this.socket = io(`${url}/chat`, {
      auth: (answer) => answer({ token, resume: { rooms: Object.fromEntries(this.places.all.map(({ roomId, pts }) => [roomId, pts])) } }),
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
      timeout: 8_000,
      ...(transports ? { transports } : {}),
    });
    this.listen();
  }

  get userId(): string {
    return this.options.userId;
  }

  get client(): string {
    return this.options.client;
  }

  get isConnected(): boolean {
    return this.socket.connected;
  }

  get positions(): ReadonlyMap<string, number> {
    return new Map(this.places.all.map(({ roomId, pts }) => [roomId, pts]));
  }

  close(): void {
    this.isClosed = true;
    this.socket.disconnect();
  }

  /** Undefined when no answer came; then nobody knows what became of it. */
  async command<T>(name: string, body: unknown): Promise<T | undefined> {
    try {
      return (await this.socket.timeout(ACK_TIMEOUT_MS).emitWithAck(name, body)) as T;
    } catch {
      return undefined;
    }
  }

  private listen(): void {
    const { socket } = this;
    const { client, tenantId, userId, recorder, canaries } = this.options;
    const who = { client, userId: `${tenantId}/${userId}` };
    socket.on('connect', () => recorder.record({ kind: 'conn-up', ...who }));
    socket.on('disconnect', (reason) => recorder.record({ kind: 'conn-down', ...who, reason }));
    socket.on('connect_error', (error) => {
      if (!socket.active) this.refusals.push((error as Error & { data?: { code?: string } }).data?.code ?? error.message);
    });
    socket.on('session.ready', (ready: SessionReady) => this.onReady(ready));
    socket.on('room.head', ({ heads }: { readonly heads: readonly { readonly roomId: string; readonly pts: number }[] }) => {
      for (const { roomId, pts } of heads) this.catchUp(this.places.of(roomId), pts);
    });
    socket.on('room.entered', (event: UserEnvelope) => {
      if (event.type === 'room.entered') this.enter(event.data.room.id);
    });
    socket.onAny((_: string, event: unknown) => {
      if (isRoomEvent(event)) this.heal(this.places.receive(event));
    });
    // Whole packets, before anything is thrown away: another tenant's content may hide in any of them.
    socket.io.on('open', () =>
      socket.io.engine.on('packet', ({ data }: { readonly data?: unknown }) => {
        this.heardAt = performance.now();
        if (typeof data === 'string') canaries.look(tenantId, data, `a packet to ${client}`);
      }),
    );
  }

  private onReady({ rooms }: SessionReady): void {
    this.readyCount += 1;
    for (const { roomId, pts } of rooms) this.catchUp(this.places.of(roomId) ?? this.places.follow(roomId, 0), pts);
  }

  private enter(roomId: string): void {
    this.heal(this.places.of(roomId) ?? this.places.follow(roomId, 0));
  }

  private catchUp(place: Place | undefined, pts: number): void {
    if (place && pts > place.pts) this.heal(place);
  }

  /** Asks until nothing is missing or the connection is gone; the next `session.ready` begins anew. */
  private heal(place: Place | undefined): void {
    if (!place || place.isSyncing) return;
    place.isSyncing = true;
    void this.sync(place).finally(() => (place.isSyncing = false));
  }

  private async sync(place: Place): Promise<void> {
    while (this.socket.connected && this.places.of(place.roomId) === place && (await this.syncOnce(place)));
  }

  /** Is there more to ask for? */
  private async syncOnce(place: Place): Promise<boolean> {
    const { recorder } = this.options;
    const { roomId } = place;
    const { t: askedAt } = recorder.record({ kind: 'sync-req', ...this.places.at(roomId), afterPts: place.pts });
    const answer = await this.command<SyncReply>('sync', { rooms: [{ roomId, afterPts: place.pts }] });
    if (!answer?.ok) {
      await sleep(RETRY_MS);
      return true;
    }
    if (this.places.of(roomId) !== place) return false;
    const room: SyncAnswer['rooms'][number] | undefined = answer.rooms[0];
    if (!room || room.error) return this.afterRefusal(roomId, room?.error?.code);
    if (room.reset) {
      this.resets.push(roomId);
      this.places.follow(roomId, room.pts ?? 0);
      return false;
    }
    const { events = [], pts = place.pts, complete = false } = room;
    recorder.record({ kind: 'sync-resp', ...this.places.at(roomId), pts, complete, events: events.length });
    this.places.take(place, events, askedAt);
    return !complete || pts > place.pts;
  }

  /** What passes is asked for again; a room one is put out of is left. */
  private async afterRefusal(roomId: string, code: string | undefined): Promise<boolean> {
    if (code !== undefined && ['unavailable', 'timeout', 'internal', 'rate-limited'].includes(code)) {
      await sleep(RETRY_MS);
      return true;
    }
    this.places.leave(roomId);
    return false;
  }
}

function isRoomEvent(event: unknown): event is RoomEnvelope {
  return (
    typeof event === 'object' && event !== null && 'roomId' in event && 'pts' in event && typeof event.pts === 'number' && 'type' in event
  );
}
