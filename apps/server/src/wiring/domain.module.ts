import { Module, type DynamicModule, type FactoryProvider, type ValueProvider } from '@nestjs/common';
import {
  AuditService,
  AuthService,
  BanService,
  CallRates,
  Clock,
  type Bus,
  Connections,
  EveryNode,
  Cursors,
  Fanout,
  KeyService,
  ListenService,
  MemberService,
  MessageService,
  NodeProbe,
  NodeService,
  OperatorService,
  PageCursors,
  Passwords,
  PresenceService,
  PresenceStore,
  Random,
  RateLimiter,
  ReceiptService,
  RelayService,
  RoomLog,
  RoomService,
  SecretBox,
  StandingService,
  Store,
  SweepService,
  SyncService,
  TenantService,
  TypingService,
  UserLog,
  UserService,
  UserTokens,
  type CallRateSettings,
  type TenantLimits,
} from '@parley/domain';

type Token<T> = abstract new (...args: never[]) => T;
type Tokens<D extends unknown[]> = { [K in keyof D]: Token<D[K]> };

/** A use case and what it is made of; a wrong dependency does not compile. */
function service<T, D extends unknown[]>(type: new (...dependencies: D) => T, ...inject: Tokens<D>): FactoryProvider<T> {
  return { provide: type, useFactory: (...dependencies: unknown[]) => new type(...(dependencies as D)), inject: inject as never };
}

const SERVICES = [
  service(AuditService, Store),
  service(AuthService, Store, UserTokens, SecretBox, Random, Clock),
  service(KeyService, Store, UserTokens, SecretBox, Random, Fanout),
  service(MemberService, Store, RoomLog, RelayService, Clock),
  service(MessageService, Store, RoomLog, RelayService, RateLimiter, Random, Clock),
  service(NodeService, Store, NodeProbe),
  service(OperatorService, Store, Passwords, RateLimiter, Random, Clock),
  service(PageCursors, Cursors),
  service(ReceiptService, Store, Fanout, Clock),
  service(StandingService, Store, Connections, Fanout),
  service(SweepService, RoomLog, UserLog, Store, Connections, RelayService, ListenService),
  service(RoomService, Store, RoomLog, RelayService, Random, Clock),
  service(SyncService, Store, RoomLog, UserLog, Clock),
  service(ListenService, SyncService, RoomService, RelayService, Fanout),
  service(TypingService, Store, Fanout, Clock),
  service(UserService, Store, Fanout, Clock),
];

/** The ports, by whatever technology the configuration chose; in tests by memory. */
export interface Ports {
  readonly store: Store;
  readonly roomLog: RoomLog;
  readonly userLog: UserLog;
  readonly fanout: Fanout & Connections;
  readonly bus: Bus;
  readonly limiter: RateLimiter;
  readonly presence: PresenceStore;
  readonly tokens: UserTokens;
  readonly nodeProbe: NodeProbe;
  readonly passwords: Passwords;
  readonly box: SecretBox;
  readonly cursors: Cursors;
  readonly random: Random;
  readonly clock: Clock;
}

@Module({})
export class DomainModule {
  static of(ports: Ports, tenantDefaults: Partial<TenantLimits>, rates: CallRateSettings): DynamicModule {
    const values: ValueProvider[] = [
      { provide: Store, useValue: ports.store },
      { provide: RoomLog, useValue: ports.roomLog },
      { provide: UserLog, useValue: ports.userLog },
      { provide: Fanout, useValue: new EveryNode(ports.fanout, ports.bus) },
      { provide: Connections, useValue: ports.fanout },
      { provide: RateLimiter, useValue: ports.limiter },
      { provide: PresenceStore, useValue: ports.presence },
      { provide: UserTokens, useValue: ports.tokens },
      { provide: NodeProbe, useValue: ports.nodeProbe },
      { provide: Passwords, useValue: ports.passwords },
      { provide: SecretBox, useValue: ports.box },
      { provide: Cursors, useValue: ports.cursors },
      { provide: Random, useValue: ports.random },
      { provide: Clock, useValue: ports.clock },
    ];
    const composed: FactoryProvider[] = [
      {
        // Each node's relay tells its own sockets only; what crosses nodes goes by the bus.
        provide: RelayService,
        useFactory: (log: RoomLog, clock: Clock) => new RelayService(log, ports.fanout, clock, ports.bus),
        inject: [RoomLog, Clock],
      },
      {
        provide: BanService,
        useFactory: (
          store: Store,
          log: RoomLog,
          userLog: UserLog,
          relay: RelayService,
          messages: MessageService,
          random: Random,
          clock: Clock,
        ) => new BanService(store, log, userLog, relay, messages, { random, clock }),
        inject: [Store, RoomLog, UserLog, RelayService, MessageService, Random, Clock],
      },
      {
        provide: PresenceService,
        useFactory: (store: Store, presence: PresenceStore, connections: Connections, fanout: Fanout, clock: Clock) =>
          new PresenceService(store, presence, connections, fanout, ports.bus, clock),
        inject: [Store, PresenceStore, Connections, Fanout, Clock],
      },
      { provide: CallRates, useFactory: (limiter: RateLimiter) => new CallRates(limiter, rates), inject: [RateLimiter] },
      {
        provide: TenantService,
        useFactory: (store: Store, fanout: Fanout) => new TenantService(store, fanout, tenantDefaults),
        inject: [Store, Fanout],
      },
    ];
    const providers = [...values, ...SERVICES, ...composed];
    return { module: DomainModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
