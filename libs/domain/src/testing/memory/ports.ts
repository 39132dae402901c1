import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { PlainCursors, PlainPasswords, PlainSecretBox, PlainUserTokens } from '../plain-credentials.js';
import { SeededRandom } from '../seeded-random.js';
import { TestClock } from '../test-clock.js';
import { MemoryDatabase } from './memory-database.js';
import { MemoryPresence } from './memory-presence.js';
import { MemoryRateLimiter } from './memory-rate-limiter.js';
import { MemoryRoomLog } from './memory-room-log.js';
import { MemoryStore } from './memory-store.js';
import { MemoryUserLog } from './memory-user-log.js';
import { RecordingFanout } from './recording-fanout.js';

/** Every port of the domain in memory, over one database. */
export function memoryPorts<C extends Clock = TestClock>(tools: { clock?: C; random?: Random } = {}) {
  const clock = tools.clock ?? new TestClock();
  const random = tools.random ?? new SeededRandom(1);
  const db = new MemoryDatabase({ clock, random });
  return {
    db,
    clock: clock as C,
    random,
    store: new MemoryStore(db),
    roomLog: new MemoryRoomLog(db),
    userLog: new MemoryUserLog(db),
    fanout: new RecordingFanout(),
    limiter: new MemoryRateLimiter(clock),
    presence: new MemoryPresence(),
    passwords: new PlainPasswords(),
    box: new PlainSecretBox(),
    tokens: new PlainUserTokens(clock),
    cursors: new PlainCursors(),
  };
}

export type MemoryPorts<C extends Clock = TestClock> = ReturnType<typeof memoryPorts<C>>;
