import { AuditService } from '../audit/audit.service.js';
import { AuthService } from '../auth/auth.service.js';
import { KeyService } from '../auth/key.service.js';
import { MemberService } from '../members/member.service.js';
import { MessageService } from '../messages/message.service.js';
import { BanService } from '../moderation/ban.service.js';
import { OperatorService } from '../operators/operator.service.js';
import type { Clock } from '../ports/clock.js';
import type { Fanout } from '../ports/fanout.js';
import type { Passwords } from '../ports/passwords.js';
import type { Random } from '../ports/random.js';
import type { RateLimiter } from '../ports/rate-limiter.js';
import type { RoomLog } from '../ports/room-log.js';
import type { SecretBox } from '../ports/secret-box.js';
import type { Store } from '../ports/store.js';
import type { UserLog } from '../ports/user-log.js';
import type { UserTokens } from '../ports/user-tokens.js';
import { ReceiptService } from '../receipts/receipt.service.js';
import { RelayService } from '../relay/relay.service.js';
import { RoomService } from '../rooms/room.service.js';
import { ListenService } from '../sync/listen.service.js';
import { SyncService } from '../sync/sync.service.js';
import { TypingService } from '../typing/typing.service.js';
import { TenantService } from '../tenants/tenant.service.js';
import { MemoryBus } from './memory/memory-bus.js';
import { UserService } from '../users/user.service.js';

export interface Ports {
  readonly store: Store;
  readonly roomLog: RoomLog;
  readonly userLog: UserLog;
  readonly fanout: Fanout;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly random: Random;
  readonly passwords: Passwords;
  readonly box: SecretBox;
  readonly tokens: UserTokens;
}

/** Every service over the given ports; what the server's wiring does with the real ones. */
export function servicesOver(ports: Ports) {
  const { store, roomLog, userLog, fanout, limiter, clock, random, passwords, box, tokens } = ports;
  const relay = new RelayService(roomLog, fanout, clock, new MemoryBus());
  const messages = new MessageService(store, roomLog, relay, limiter, random, clock);
  const rooms = new RoomService(store, roomLog, relay, random, clock);
  const sync = new SyncService(store, roomLog, userLog, clock);
  return {
    relay,
    messages,
    rooms,
    sync,
    listen: new ListenService(sync, rooms, relay, fanout),
    auth: new AuthService(store, tokens, box, random, clock),
    keys: new KeyService(store, tokens, box, random, fanout),
    users: new UserService(store, fanout, clock),
    members: new MemberService(store, roomLog, relay, clock),
    bans: new BanService(store, roomLog, userLog, relay, messages, { random, clock }),
    receipts: new ReceiptService(store, fanout, clock),
    typing: new TypingService(store, fanout, clock),
    tenants: new TenantService(store, fanout),
    operators: new OperatorService(store, passwords, limiter, random, clock),
    audit: new AuditService(store),
  };
}

export type Services = ReturnType<typeof servicesOver>;
