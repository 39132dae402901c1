import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import type { RoomEvent } from '../../events.js';
import type { RoomId, RoomKey, TenantId, UserId } from '../../ids.js';
import type { Member, Role } from '../../members/member.js';
import type { Message } from '../../messages/message.js';
import type {
  Appended,
  ChangeEntry,
  FactVersions,
  MessageEntry,
  NewMessage,
  NewRoom,
  RoomChange,
  RoomLog,
  SentMessage,
  Tell,
} from '../../ports/room-log.js';
import type { RoomAccess, Store, TenantTx } from '../../ports/store.js';
import type { UserLog } from '../../ports/user-log.js';
import { defaultRoomSettings, type Room, type RoomKind, type RoomSettings, type RoomView } from '../../rooms/room.js';
import { DEFAULT_TENANT_SETTINGS } from '../../tenants/tenant.js';
import { personOf, type User } from '../../users/user.js';

/** One technology of the three ports that share a database. */
export interface LogTechnology {
  readonly store: Store;
  readonly roomLog: RoomLog;
  readonly userLog: UserLog;
  close(): Promise<void>;
}

export type OpenTechnology = () => Promise<LogTechnology>;

export interface RoomRef extends RoomKey {
  readonly roomId: RoomId;
}

export type EntryOptions = Partial<Omit<NewMessage, 'sender'>> & { readonly facts?: FactVersions; readonly tellsIfFirst?: readonly Tell[] };
export type ChangeOptions = Partial<Omit<ChangeEntry, 'room' | 'changes'>>;

const EVERYTHING = 10_000;

/** Opens the technology once for the suite around it; each test takes a new tenant from it. */
export function useTechnology(open: OpenTechnology): () => Promise<Scene> {
  let technology: LogTechnology | undefined;
  beforeAll(async () => {
    technology = await open();
  });
  afterAll(async () => technology?.close());
  return async () => {
    if (!technology) throw new Error('the technology did not open');
    return Scene.of(technology);
  };
}

/** A tenant of its own, and short words for what contracts do with it through the ports. */
export class Scene {
  private constructor(
    readonly technology: LogTechnology,
    readonly tenantId: TenantId,
  ) {}

  static async of(technology: LogTechnology): Promise<Scene> {
    const tenantId = `t-${randomUUID()}`;
    await technology.store.platform((tx) => tx.tenants.insert({ id: tenantId, name: tenantId, settings: DEFAULT_TENANT_SETTINGS }));
    return new Scene(technology, tenantId);
  }

  /** Another tenant in the same database. */
  elsewhere(): Promise<Scene> {
    return Scene.of(this.technology);
  }

  get log(): RoomLog {
    return this.technology.roomLog;
  }

  read<T>(run: (tx: TenantTx) => Promise<T>): Promise<T> {
    return this.technology.store.tenant(this.tenantId, run);
  }

  /** In the order named. */
  async users(...ids: UserId[]): Promise<User[]> {
    const users = await this.read((tx) => tx.users.ensure(ids.map((id) => ({ id, name: `Name of ${id}` }))));
    return ids.map((id) => found(users.find((user) => user.id === id)));
  }

  async user(id: UserId): Promise<User> {
    const [user] = await this.users(id);
    return found(user);
  }

  /** A group of these members; the first owns it. */
  async group(members: readonly User[], settings: Partial<RoomSettings> = {}, id: RoomId = randomUUID()): Promise<RoomRef> {
    return this.room('group', members, settings, { id });
  }

  async room(
    kind: RoomKind,
    members: readonly User[],
    settings: Partial<RoomSettings> = {},
    more: Partial<NewRoom> = {},
  ): Promise<RoomRef> {
    const no = await this.log.nextRoomNo();
    const id = more.id ?? randomUUID();
    const room: RoomRef = { tenantId: this.tenantId, roomNo: no, roomId: id };
    const created = { ...newRoom(kind, settings), ...more, no, id };
    const joins = members.map((user, index) => joined(user, index === 0 ? 'owner' : 'member'));
    await this.change(room, [{ type: 'room.created', room: created }, ...joins]);
    return room;
  }

  change(room: RoomRef, changes: readonly RoomChange[], more: ChangeOptions = {}): Promise<Appended> {
    return this.log.change({ room, by: { kind: 'system', id: 'contract' }, changes, ...more });
  }

  async entry(room: RoomRef, sender: User, { facts, tellsIfFirst, ...message }: EntryOptions = {}): Promise<MessageEntry> {
    return { room, facts: facts ?? (await this.facts(room, sender)), message: newMessage(sender, message), tellsIfFirst };
  }

  async say(room: RoomRef, sender: User, options: EntryOptions = {}): Promise<SentMessage> {
    return this.log.append(await this.entry(room, sender, options));
  }

  async facts(room: RoomRef, sender: User): Promise<FactVersions> {
    const facts = found(await this.read((tx) => tx.rooms.sendFacts(room.roomId, sender.no)));
    return { tenant: facts.tenant.version, room: facts.room.version, sender: facts.sender.version };
  }

  async events(room: RoomKey): Promise<readonly RoomEvent[]> {
    return (await this.log.after(room, 0, EVERYTHING)).events;
  }

  async messages(room: RoomKey): Promise<readonly Message[]> {
    return (await this.log.messages(room, { limit: 100 })).items;
  }

  async roomNow(room: RoomRef): Promise<Room> {
    return found(await this.read((tx) => tx.rooms.byId(room.roomId)));
  }

  async access(room: RoomRef, user: User): Promise<RoomAccess> {
    return found(await this.read((tx) => tx.rooms.access(room.roomId, user.no)));
  }

  async member(room: RoomRef, user: User): Promise<Member> {
    return found(await this.read((tx) => tx.members.get(room.roomNo, user.no)));
  }

  async view(room: RoomRef, user: User): Promise<RoomView> {
    return found(await this.read((tx) => tx.rooms.view(room.roomId, user.no)));
  }

  async userEvents(user: User) {
    return (await this.technology.userLog.after({ tenantId: this.tenantId, userNo: user.no }, 0, EVERYTHING)).events;
  }
}

export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('expected something, found nothing');
  return value;
}

export const joined = (user: User, role: Role = 'member'): RoomChange => ({ type: 'member.joined', userNo: user.no, role });

export const newRoom = (kind: RoomKind, settings: Partial<RoomSettings> = {}): Omit<NewRoom, 'no' | 'id'> => ({
  kind,
  metadata: {},
  settings: { ...defaultRoomSettings(kind, DEFAULT_TENANT_SETTINGS, 500), ...settings },
});

export function newMessage(sender: User, message: Partial<NewMessage> = {}): NewMessage {
  const text = message.text ?? 'hello';
  const clientMessageId = message.clientMessageId ?? randomUUID();
  return {
    id: randomUUID(),
    sender: personOf(sender),
    clientMessageId,
    draft: `draft of ${text}`,
    type: 'text',
    text,
    mentions: [],
    metadata: {},
    ...message,
  };
}

/** 1, 2, 3, ... up to `count`. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

export const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
