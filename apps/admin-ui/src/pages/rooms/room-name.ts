import type { Room } from '@parley/protocol';
import { roomsText } from './rooms.strings.js';

/** What people call it; direct rooms have no name. */
export function roomName({ name, peer, kind, id }: Room): string {
  if (name) return name;
  if (kind === 'direct') return peer ? `${roomsText.directRoom} · ${peer.name}` : roomsText.directRoom;
  return id.length <= 40 ? id : roomsText.untitled;
}
