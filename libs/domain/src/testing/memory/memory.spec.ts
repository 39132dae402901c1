import { describe, expect, it } from 'vitest';
import { rateLimiterContract } from '../contracts/rate-limiter.contract.js';
import { roomLogContract } from '../contracts/room-log.contract.js';
import { storeContract } from '../contracts/store.contract.js';
import { userLogContract } from '../contracts/user-log.contract.js';
import { TestClock } from '../test-clock.js';
import { MemoryRateLimiter } from './memory-rate-limiter.js';
import { memoryPorts } from './ports.js';

const open = async () => ({ ...memoryPorts({ clock: new TestClock(Date.now()) }), close: async () => undefined });

roomLogContract('memory', open);
userLogContract('memory', open);
storeContract('memory', open);
rateLimiterContract('memory', async () => ({ limiter: new MemoryRateLimiter(new TestClock()), close: async () => undefined }));

describe('MemoryRateLimiter', () => {
  it('refills with time, up to the burst', async () => {
    const clock = new TestClock();
    const limiter = new MemoryRateLimiter(clock);
    const rate = { burst: 2, perSecond: 1 };
    await limiter.take('b', rate, 2);
    expect(await limiter.take('b', rate)).toBe(1_000);
    clock.advance(999);
    expect(await limiter.take('b', rate)).toBeLessThanOrEqual(2);
    clock.advance(60_001);
    expect(await limiter.take('b', rate, 2)).toBeUndefined();
    expect(await limiter.take('b', rate)).toBe(1_000);
  });
});
