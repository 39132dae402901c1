import { messageCommands, type Room, roomCommands } from '@parley/protocol';
import type { Connection } from './connection.js';
import type { Snapshot } from './room-state.js';

const FIRST_PAGE = 50;
export const MEMBERS_PAGE = 100;

export interface FetchedRoom extends Omit<Snapshot, 'me'> {
  readonly membersCursor: string | null;
  readonly isSubscribed: boolean;
}

/** Reads a room, then its newest messages and first members: the room is the oldest of the three, so events from its position on complete all. */
export async function fetchRoom(connection: Connection, roomId: string, needsSubscription: (room: Room) => boolean): Promise<FetchedRoom> {
  const got = await connection.command(roomCommands.get, { roomId });
  const isSubscribed = needsSubscription(got.room);
  const { room } = isSubscribed ? await connection.command(roomCommands.subscribe, { roomId }) : got;
  const [messages, members] = await Promise.all([
    connection.command(messageCommands.list, { roomId, limit: FIRST_PAGE }),
    connection.command(roomCommands.members, { roomId, limit: MEMBERS_PAGE }),
  ]);
  return {
    room,
    messages: messages.items,
    hasMoreBefore: messages.hasMoreBefore,
    members: members.items,
    hasAllMembers: members.nextCursor === null,
    membersCursor: members.nextCursor,
    isSubscribed,
  };
}
