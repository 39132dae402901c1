import type { RoomId, TenantId, UserNo } from '../ids.js';
import type { SendFacts, Store } from '../ports/store.js';

/** Rooms times senders a node keeps in mind; the oldest go first. */
const CAPACITY = 50_000;

/**
 * What sends are decided on, kept in memory. Safe although nothing invalidates it: a commit checks the versions the
 * facts were read under, and a refusal is never given on remembered facts, only on fresh ones.
 */
export class SendFactsCache {
  private readonly known = new Map<string, SendFacts>();
  private readonly reading = new Map<string, Promise<SendFacts | undefined>>();

  constructor(private readonly store: Store) {}

  remembered(tenantId: TenantId, roomId: RoomId, userNo: UserNo): SendFacts | undefined {
    return this.known.get(cacheKey(tenantId, roomId, userNo));
  }

  /** Reads anew; callers at the same time share one read. A read begun before a change is caught by the versions at commit. */
  async fresh(tenantId: TenantId, roomId: RoomId, userNo: UserNo): Promise<SendFacts | undefined> {
    const key = cacheKey(tenantId, roomId, userNo);
    const running = this.reading.get(key);
    if (running) return running;
    const read = this.store.tenant(tenantId, (tx) => tx.rooms.sendFacts(roomId, userNo)).finally(() => this.reading.delete(key));
    this.reading.set(key, read);
    const facts = await read;
    this.known.delete(key);
    if (facts) this.remember(key, facts);
    return facts;
  }

  private remember(key: string, facts: SendFacts): void {
    if (this.known.size >= CAPACITY) {
      const oldest = this.known.keys().next().value;
      if (oldest !== undefined) this.known.delete(oldest);
    }
    this.known.set(key, facts);
  }
}

const cacheKey = (tenantId: TenantId, roomId: RoomId, userNo: UserNo): string => `${tenantId}/${userNo}/${roomId}`;
