import type { Bus, Fanout, RoomLog } from '@parley/domain';

/** What the seeded bugs reach into, as far as they do. The built server carries no types; these are held by the controls' own runs. */
export interface Adapters {
  readonly source: {
    query(text: string, values?: readonly unknown[]): Promise<unknown>;
    createQueryRunner(): { query(text: string, ...rest: readonly unknown[]): Promise<unknown> };
  };
  readonly postgres: { log<R>(name: string, text: string, values: readonly unknown[]): Promise<R[]> };
  readonly roomLog: RoomLog;
  readonly bus: Bus;
  readonly fanout: Fanout & { emit(receivers: ReadonlySet<unknown>, packet: unknown): void; handOver(room: string): void; beacon(): void };
}

interface Started {
  stop(): Promise<void>;
}

export interface ServerModules {
  readonly start: { start(config: object, replace: (adapters: Adapters) => Adapters): Promise<Started> };
  readonly config: { loadConfig(flags: object): { readonly config?: object; readonly problems: readonly unknown[] } };
}
