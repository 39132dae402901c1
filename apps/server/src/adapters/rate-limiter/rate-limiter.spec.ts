import { rateLimiterContract } from '@parley/domain/testing';
import { MemoryRateLimiter } from './memory-rate-limiter.js';

rateLimiterContract('memory', async () => {
  let now = 0;
  return {
    limiter: new MemoryRateLimiter(() => now),
    advance: (milliseconds: number) => void (now += milliseconds),
    close: async () => undefined,
  };
});
