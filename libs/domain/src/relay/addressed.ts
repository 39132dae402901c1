import { roomChannel, userChannel, type Channel } from '../ports/bus.js';
import type { Appended } from '../ports/room-log.js';

/** Up to so many users are told one by one, where they are connected; more at once, on every node. */
const USERS_APART = 8;

/**
 * Which nodes hear of a commit: those that serve the room, and where it concerns users those where they are connected.
 * These may not serve the room yet, so they get all of the commit and let the users in. Users' channels come first: a
 * user learns of a room before the room's own events reach it.
 */
export function addressed({ events, userEvents }: Appended): readonly (readonly [Channel, Appended])[] {
  const [first] = events;
  const users = [...new Set(userEvents.map(userChannel))];
  if (users.length > USERS_APART) return [['all', { events, userEvents }]];
  return [
    ...users.map((channel): [Channel, Appended] => [channel, { events, userEvents }]),
    ...(first ? [[roomChannel(first), { events, userEvents: [] }] as const] : []),
  ];
}
