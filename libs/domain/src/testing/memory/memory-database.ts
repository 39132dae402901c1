import type { AuditEntry, AuditRecord } from '../../audit/audit.js';
import type { TenantId, UserId, UserNo, RoomId, RoomNo, MessageId } from '../../ids.js';
import { canonicalJson } from '../../json.js';
import type { Clock } from '../../ports/clock.js';
import type { PresenceRecord } from '../../presence/presence.js';
import type { Random } from '../../ports/random.js';
import { AlreadyRemembered, type Remember } from '../../ports/store.js';
import type { Tenant } from '../../tenants/tenant.js';
import type { User } from '../../users/user.js';
import { SeededRandom } from '../seeded-random.js';
import { TestClock } from '../test-clock.js';
import type {
  ApiKeyRow,
  BanRow,
  EventRow,
  MemberRow,
  MessageRow,
  NodeRow,
  OperatorRow,
  RememberedRow,
  RoomRow,
  SessionRow,
  SigningKeyRow,
  TokenRow,
  UserEventRow,
} from './rows.js';
import { Journal, Table } from './table.js';

const REMEMBERED_MS = 24 * 3_600_000;

/** Everything one tenant owns. Its transactions are handed this and nothing else. */
export class TenantSpace {
  readonly users: Table<UserNo, User>;
  readonly userNos: Table<UserId, UserNo>;
  readonly rooms: Table<RoomNo, RoomRow>;
  readonly roomNos: Table<RoomId, RoomNo>;
  readonly pairs: Table<string, RoomNo>;
  readonly members: Table<string, MemberRow>;
  readonly bans: Table<string, BanRow>;
  readonly presences: Table<UserNo, PresenceRecord>;
  readonly messages: Table<MessageId, MessageRow>;
  readonly messageAt: Table<string, MessageId>;
  readonly sends: Table<string, MessageId>;
  readonly events: Table<string, EventRow>;
  readonly userEvents: Table<string, UserEventRow>;
  readonly apiKeys: Table<string, ApiKeyRow>;
  readonly signingKeys: Table<string, SigningKeyRow>;
  readonly remembered: Table<string, RememberedRow>;
  readonly audit: Table<number, AuditRecord>;

  constructor(
    readonly tenantId: TenantId,
    journal: Journal,
  ) {
    this.users = new Table(journal);
    this.userNos = new Table(journal);
    this.rooms = new Table(journal);
    this.roomNos = new Table(journal);
    this.pairs = new Table(journal);
    this.members = new Table(journal);
    this.bans = new Table(journal);
    this.presences = new Table(journal);
    this.messages = new Table(journal);
    this.messageAt = new Table(journal);
    this.sends = new Table(journal);
    this.events = new Table(journal);
    this.userEvents = new Table(journal);
    this.apiKeys = new Table(journal);
    this.signingKeys = new Table(journal);
    this.remembered = new Table(journal);
    this.audit = new Table(journal);
  }
}

/** One shared state under every memory port: transactions run one after the other and leave nothing when they throw. */
export class MemoryDatabase {
  readonly clock: Clock;
  readonly random: Random;
  private readonly journal = new Journal();
  readonly tenants = new Table<TenantId, Tenant>(this.journal);
  readonly operators = new Table<string, OperatorRow>(this.journal);
  readonly sessions = new Table<string, SessionRow>(this.journal);
  readonly tokens = new Table<string, TokenRow>(this.journal);
  readonly nodes = new Table<string, NodeRow>(this.journal);
  readonly platformAudit = new Table<number, AuditRecord>(this.journal);
  private readonly spaces = new Map<TenantId, TenantSpace>();
  private tail: Promise<unknown> = Promise.resolve();
  private sequence = 0;

  constructor(tools: { clock?: Clock; random?: Random } = {}) {
    this.clock = tools.clock ?? new TestClock();
    this.random = tools.random ?? new SeededRandom(1);
  }

  /** A number never given before; like a database's sequence it does not roll back. */
  nextNumber(): number {
    this.sequence += 1;
    return this.sequence;
  }

  space(tenantId: TenantId): TenantSpace {
    const known = this.spaces.get(tenantId);
    if (known) return known;
    const space = new TenantSpace(tenantId, this.journal);
    this.spaces.set(tenantId, space);
    return space;
  }

  allSpaces(): readonly TenantSpace[] {
    return [...this.spaces.values()];
  }

  /** Runs alone. One inside another would wait for ever: the ports never nest. */
  transaction<T>(run: () => Promise<T> | T): Promise<T> {
    const result = this.tail.then(() => this.runAlone(run));
    this.tail = result.catch(() => undefined);
    return result;
  }

  private async runAlone<T>(run: () => Promise<T> | T): Promise<T> {
    this.journal.begin();
    try {
      const result = await run();
      this.journal.commit();
      return result;
    } catch (error) {
      this.journal.rollBack();
      throw error;
    }
  }

  appendAudit(table: Table<number, AuditRecord>, entry: AuditEntry, tenantId?: TenantId): void {
    const number = table.size + 1;
    const hash = this.random.digest(`${table.get(table.size)?.hash ?? ''}${canonicalJson(entry)}`);
    table.set(number, { ...entry, tenantId, number, at: this.clock.now(), hash });
  }

  remembered(space: TenantSpace, scope: string, key: string): RememberedRow | undefined {
    const row = space.remembered.get(`${scope}\n${key}`);
    return row && this.clock.now().getTime() - row.at.getTime() < REMEMBERED_MS ? row : undefined;
  }

  remember(space: TenantSpace, remember: Remember): void {
    const { scope, key, draft, answer } = remember;
    if (this.remembered(space, scope, key)) throw new AlreadyRemembered();
    space.remembered.set(`${scope}\n${key}`, { draft, answer, at: this.clock.now() });
  }
}
