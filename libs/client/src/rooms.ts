import { type Args, type Ban, banRoutes, type Member, type Out, type Room, roomCommands } from '@parley/protocol';
import type { Connection } from './connection.js';
import type { HttpClient } from './http.js';
import type { RoomList, RoomListState } from './room-list.js';

type Input<T extends { input: Parameters<Connection['command']>[0]['input'] }> = Args<T>;
type Without<T, K extends keyof T> = Omit<T, K>;

/** The user's rooms: a list that keeps itself up to date, and what can be done to rooms and members. Throws `ParleyError`. */
export class Rooms {
  /** Calls the listener after each change of the list; returns the function that stops it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** The rooms brought in so far, newest activity first; the same object until something changes. */
  readonly getSnapshot: () => RoomListState;

  constructor(
    private readonly connection: Connection,
    private readonly http: HttpClient,
    private readonly kept: RoomList,
  ) {
    this.subscribe = kept.watched.subscribe;
    this.getSnapshot = kept.watched.getSnapshot;
  }

  /** Brings the next 50 rooms into the list. Resolves true while there are more. */
  loadMore(): Promise<boolean> {
    return this.kept.loadMore();
  }

  /** One page as the server has it, filtered; the list of `getSnapshot` does not change. */
  list(filter: Input<typeof roomCommands.list> = {}): Promise<Out<typeof roomCommands.list>> {
    return this.connection.command(roomCommands.list, filter);
  }

  async get(roomId: string): Promise<Room> {
    return (await this.connection.command(roomCommands.get, { roomId })).room;
  }

  /** Opens a group or channel. With an `id` of your own the call is repeatable: the same room, or `conflict`. */
  async create(input: Input<typeof roomCommands.create>): Promise<Room> {
    return this.learn((await this.connection.command(roomCommands.create, input)).room);
  }

  /** The direct room with a user, opened when there is none. */
  async direct(userId: string): Promise<Room> {
    return this.learn((await this.connection.command(roomCommands.direct, { userId })).room);
  }

  async join(roomId: string): Promise<Member> {
    return (await this.connection.command(roomCommands.join, { roomId })).member;
  }

  /** `transferTo`: who inherits an owner's room, a member or `auto`; without it the last owner gets `conflict`. */
  async leave(roomId: string, transferTo?: string): Promise<void> {
    await this.connection.command(roomCommands.leave, { roomId, transferTo });
  }

  async update(roomId: string, patch: Without<Input<typeof roomCommands.update>, 'roomId'>): Promise<Room> {
    return this.learn((await this.connection.command(roomCommands.update, { roomId, ...patch })).room);
  }

  /** Ends the room: everybody leaves. */
  async dissolve(roomId: string): Promise<void> {
    await this.connection.command(roomCommands.dissolve, { roomId });
  }

  /** One page: owners first, then by time of joining. */
  members(roomId: string, page: { readonly limit?: number; readonly cursor?: string } = {}): Promise<Out<typeof roomCommands.members>> {
    return this.connection.command(roomCommands.members, { roomId, ...page });
  }

  /** Each user has a result of its own: `added`, `already-member`, or `refused` with a `code`. */
  async addMembers(roomId: string, userIds: string[]): Promise<Out<typeof roomCommands.addMembers>['results']> {
    return (await this.connection.command(roomCommands.addMembers, { roomId, userIds })).results;
  }

  async removeMember(roomId: string, userId: string): Promise<void> {
    await this.connection.command(roomCommands.removeMember, { roomId, userId });
  }

  /** Role, name in the room, mute (`muteSeconds`: 0 = until lifted, null = may speak again). */
  async updateMember(
    roomId: string,
    userId: string,
    patch: Without<Input<typeof roomCommands.updateMember>, 'roomId' | 'userId'>,
  ): Promise<Member> {
    return (await this.connection.command(roomCommands.updateMember, { roomId, userId, ...patch })).member;
  }

  /** Bans from the room; `expiresInSeconds` absent = until lifted. Over REST, like the two below. */
  async ban(roomId: string, userId: string, terms: Without<Input<typeof banRoutes.banFromRoom>, 'roomId' | 'userId'> = {}): Promise<Ban> {
    return (await this.http.call(banRoutes.banFromRoom, { roomId, userId, ...terms })).ban;
  }

  async unban(roomId: string, userId: string): Promise<void> {
    await this.http.call(banRoutes.liftFromRoom, { roomId, userId });
  }

  /** Bans in force, newest first. */
  bans(roomId: string, page: { readonly limit?: number; readonly cursor?: string } = {}): Promise<Out<typeof banRoutes.listOfRoom>> {
    return this.http.call(banRoutes.listOfRoom, { roomId, ...page });
  }

  private learn(room: Room): Room {
    this.kept.learn(room);
    return room;
  }
}
