import { Gather } from '../gather.js';
import type { RoomId, TenantId, UserNo } from '../ids.js';
import type { SendFacts, Store } from '../ports/store.js';

interface Asked {
  readonly tenantId: TenantId;
  readonly roomId: RoomId;
  readonly userNo: UserNo;
}

/** Rooms times senders a node keeps in mind; the oldest go first. */
const CAPACITY = 50_000;

/**
 * What sends are decided on, kept in memory. Safe although nothing invalidates it: a commit checks the versions the
 * facts were read under, and a refusal is never given on remembered facts, only on fresh ones.
 */
export class SendFactsCache {
  private readonly known = new Map<string, SendFacts>();
  /** One lane for each room and sender. Facts are never older than the question, or who was let in meanwhile would be refused (G12). */
  private readonly reads = new Gather<Asked, { readonly facts: SendFacts | undefined }>(async (lane, asked) => {
    const facts = await this.read(lane, asked);
    return asked.map(() => ({ facts }));
  });

  constructor(private readonly store: Store) {}

  remembered(tenantId: TenantId, roomId: RoomId, userNo: UserNo): SendFacts | undefined {
    return this.known.get(cacheKey(tenantId, roomId, userNo));
  }

  /** Reads anew, together with all who ask for the same meanwhile. */
  async fresh(tenantId: TenantId, roomId: RoomId, userNo: UserNo): Promise<SendFacts | undefined> {
    const { facts } = await this.reads.ask(cacheKey(tenantId, roomId, userNo), { tenantId, roomId, userNo });
    return facts;
  }

  private async read(key: string, [asked]: readonly Asked[]): Promise<SendFacts | undefined> {
    if (!asked) return undefined;
    const facts = await this.store.tenant(asked.tenantId, (tx) => tx.rooms.sendFacts(asked.roomId, asked.userNo));
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
