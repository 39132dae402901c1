import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionReady } from '@parley/protocol';
import { io } from 'socket.io-client';
import type { Reader } from '../checks/history.ts';
import type { Person } from './population.ts';

const READY_MS = 8_000;
const ATTEMPTS = 10;

type Readers = readonly (readonly [roomId: string, Reader])[];

/** Where a user stands in each room, as the server tells a client that knows nothing. */
export async function readersOf(person: Person): Promise<Readers> {
  for (let left = ATTEMPTS; ; left -= 1) {
    try {
      return await ask(person);
    } catch (error) {
      if (left <= 1) throw error;
      await sleep(50);
    }
  }
}

async function ask({ api, userId, token, url }: Person): Promise<Readers> {
  const socket = io(`${url}/chat`, { auth: { token }, forceNew: true, transports: ['websocket'] });
  try {
    const ready = await new Promise<SessionReady>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${userId} is not told where it stands`)), READY_MS);
      socket.once('connect_error', (error) => {
        clearTimeout(late);
        reject(error);
      });
      socket.once('session.ready', (told: SessionReady) => {
        clearTimeout(late);
        resolve(told);
      });
    });
    const named = (id: string): string => `${api.tenantId}/${id}`;
    return ready.rooms.map(({ roomId, readSeq, unread }) => [named(roomId), { userId: named(userId), readSeq, unread }] as const);
  } finally {
    socket.disconnect();
  }
}
