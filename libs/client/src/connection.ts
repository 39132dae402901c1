import type {
  Args,
  CommandSpec,
  Out,
  PresenceEnvelope,
  Problem,
  ProfileEnvelope,
  ReceiptEnvelope,
  RoomEnvelope,
  RoomHead,
  SessionReady,
  TypingEnvelope,
  UserEnvelope,
} from '@parley/protocol';

/** `online`: `session.ready` came. `waiting`: between two tries. `ended`: refused for good, or closed by the app. */
export type ConnectionState = 'idle' | 'connecting' | 'online' | 'waiting' | 'ended';

export interface CommandOptions {
  /** Milliseconds until the answer is given up. Default 10,000. */
  readonly timeoutMs?: number;
}

/** An event that is kept in no log (of a newer server). */
export interface EphemeralEnvelope {
  readonly type: string;
  readonly data?: unknown;
}

/** What a connection brings, as it arrives: perhaps twice, perhaps not at all, perhaps in disorder. */
export interface ConnectionEvents {
  readonly state: ConnectionState;
  readonly ready: SessionReady;
  readonly room: RoomEnvelope;
  readonly user: UserEnvelope;
  readonly receipt: ReceiptEnvelope;
  readonly profile: ProfileEnvelope;
  readonly typing: TypingEnvelope;
  readonly presence: PresenceEnvelope;
  readonly ephemeral: EphemeralEnvelope;
  readonly head: RoomHead;
  /** For good: `problem` says why. */
  readonly ended: Problem;
}

/** The wire as the rest of the SDK sees it. */
export interface Connection {
  readonly state: ConnectionState;
  on<K extends keyof ConnectionEvents>(name: K, listener: (value: ConnectionEvents[K]) => void): () => void;
  connect(): void;
  close(): void;
  /** The token of the present session, or a first one. */
  token(): Promise<string>;
  /** A newer token than that one, for whoever was told that it has expired. */
  renewToken(expired: string): Promise<string>;
  /**
   * One command, resolved with the result of its ack. Throws `ParleyError`: the server's refusal; `unavailable` when
   * there is no connection or it broke; `timeout`. After the last two the outcome is unknown.
   */
  command<S extends CommandSpec>(spec: S, input: Args<S>, options?: CommandOptions): Promise<Out<S>>;
}

/** Which of the events above a packet is. Types of a newer server are told apart by their position alone. */
export function tell(
  packet: EphemeralEnvelope,
  emit: <K extends keyof ConnectionEvents>(name: K, value: ConnectionEvents[K]) => void,
): void {
  const { type } = packet;
  if ('pts' in packet && 'roomId' in packet) emit('room', packet as RoomEnvelope);
  else if ('userPts' in packet) emit('user', packet as UserEnvelope);
  else if (type === 'message.read' || type === 'message.delivered') emit('receipt', packet as ReceiptEnvelope);
  else if (type === 'typing.started' || type === 'typing.stopped') emit('typing', packet as TypingEnvelope);
  else if (type === 'presence.changed') emit('presence', packet as PresenceEnvelope);
  else if (type === 'user.updated') emit('profile', packet as ProfileEnvelope);
  else emit('ephemeral', packet);
}
