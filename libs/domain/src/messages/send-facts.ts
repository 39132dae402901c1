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
  /** What is read as soon as the reading under way has ended. */
  private readonly next = new Map<string, Promise<SendFacts | undefined>>();

  constructor(private readonly store: Store) {}

  remembered(tenantId: TenantId, roomId: RoomId, userNo: UserNo): SendFacts | undefined {
    return this.known.get(cacheKey(tenantId, roomId, userNo));
  }

  /**
   * Reads anew. Who asks while a read is under way shares the next one: facts are never older than the question, or who
   * was let in meanwhile would be refused (G12).
   */
  fresh(tenantId: TenantId, roomId: RoomId, userNo: UserNo): Promise<SendFacts | undefined> {
    const key = cacheKey(tenantId, roomId, userNo);
    const read = (): Promise<SendFacts | undefined> => this.read(key, tenantId, roomId, userNo);
    const running = this.reading.get(key);
    if (!running) return read();
    const known = this.next.get(key);
    if (known) return known;
    // Behind a read that the database did not answer nobody waits for another one (G21).
    const next = running.finally(() => this.next.delete(key)).then(read);
    this.next.set(key, next);
    return next;
  }

  private read(key: string, tenantId: TenantId, roomId: RoomId, userNo: UserNo): Promise<SendFacts | undefined> {
    const reading = this.readAndRemember(key, tenantId, roomId, userNo).finally(() => {
      if (this.reading.get(key) === reading) this.reading.delete(key);
    });
    this.reading.set(key, reading);
    return reading;
  }

  private async readAndRemember(key: string, tenantId: TenantId, roomId: RoomId, userNo: UserNo): Promise<SendFacts | undefined> {
    const facts = await this.store.tenant(tenantId, (tx) => tx.rooms.sendFacts(roomId, userNo));
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
