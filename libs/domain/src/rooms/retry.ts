import { DomainError } from '../errors.js';
import { StaleFacts } from '../ports/room-log.js';
import { AlreadyRemembered } from '../ports/store.js';

const ATTEMPTS = 8;

/** Decides anew, on fresh facts, when they changed between the decision and the commit. */
export async function decideAndCommit<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; tries <= ATTEMPTS; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StaleFacts) && !(error instanceof AlreadyRemembered)) throw error;
    }
  }
  throw new DomainError('unavailable', { detail: 'the room is changing too fast', retryAfterMs: 1_000 });
}
