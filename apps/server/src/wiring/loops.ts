import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  NodeService,
  PresenceService,
  ReceiptService,
  StandingService,
  SweepService,
  type NodeIdentity,
  type NodeReport,
} from '@parley/domain';
import type { Server as SocketServer } from 'socket.io';
import { presentStats } from '../http/stats.controller.js';
import { Loop } from '../jobs/loops.js';
import { PLATFORM } from '../realtime/admin.namespace.js';
import { Drain } from '../realtime/drain.js';
import { Telemetry } from '../telemetry/telemetry.js';
import type { ServerOptions } from './server.js';

/** What was committed and not told is told within this, and what reading it takes (G6). */
const SWEEP_MS = 3_000;
/** With no word from other nodes it is all that tells what they commit. */
const LONELY_SWEEP_MS = 1_000;
/** An operator's wish is met, and a node that died is known to have, within some of these. */
const BEAT_MS = 2_000;
/** How long it takes to empty a node that goes on running. */
const EMPTY_MS = 20_000;
/** A database that does not answer does not keep a server from stopping. */
const TOLD_WITHIN_MS = 1_000;

/** Repeated work of every process that serves clients. */
export function servingLoops(app: NestFastifyApplication, sockets: SocketServer, options: ServerOptions): Loop[] {
  const { ports } = options;
  const [receipts, sweeps, standing, presence, telemetry] = [
    app.get(ReceiptService),
    app.get(SweepService),
    app.get(StandingService),
    app.get(PresenceService),
    app.get(Telemetry),
  ];
  const onError = noted(options);
  ports.bus.whenBack(() => void sweeps.sweep().catch(onError));
  return [
    new Loop(250, () => receipts.flush(), onError),
    new Loop(5_000, () => ports.fanout.beacon(), onError),
    new Loop(
      () => (ports.bus.state === 'down' ? LONELY_SWEEP_MS : SWEEP_MS),
      () => sweeps.sweep(),
      onError,
    ),
    new Loop(SWEEP_MS, () => standing.sweep(), onError),
    new Loop(1_000, () => presence.flush(), onError),
    new Loop(4_000, () => ports.presence.keep(), onError),
    new Loop(10_000, () => presence.poll(), onError),
    new Loop(30_000, () => presence.scan(), onError),
    new Loop(
      2_000,
      () =>
        void sockets
          .of('/admin')
          .to(PLATFORM)
          .emit('stats.changed', presentStats(telemetry.latest ?? telemetry.tick(ports.clock.now()))),
      onError,
    ),
  ];
}

/** Repeated work of every process: its figures, its sign of life, what is configured. */
export function commonLoops(app: NestFastifyApplication, beat: Beat, options: ServerOptions): Loop[] {
  const telemetry = app.get(Telemetry);
  const onError = noted(options);
  return [
    new Loop(2_000, () => void telemetry.tick(options.ports.clock.now()), onError),
    new Loop(BEAT_MS, () => beat.once(), onError),
    ...(options.chores ?? []).map(([everyMs, work]) => new Loop(everyMs, work, onError)),
  ];
}

const noted =
  ({ log }: ServerOptions) =>
  (error: unknown): void =>
    log.warn({ err: error }, 'a chore failed; it is tried again');

/** Tells the other nodes of this one, and does what an operator wants of it. */
export class Beat {
  private readonly identity: NodeIdentity;
  private isDrainWanted = false;
  private isStopping = false;

  constructor(
    private readonly nodes: NodeService,
    private readonly options: ServerOptions,
    private readonly telemetry: () => Telemetry,
    private readonly drain: Drain | undefined,
    private readonly onError: (error: unknown) => void,
  ) {
    const { nodeId: id, version, startedAt } = options.facts;
    this.identity = { id, role: options.role, version, url: options.nodeUrl, startedAt };
  }

  /** For one server, over the sockets it has, if any. */
  static of(app: NestFastifyApplication, sockets: SocketServer | undefined, options: ServerOptions): Beat {
    const drain = sockets && new Drain(sockets.of('/chat'));
    return new Beat(app.get(NodeService), options, () => app.get(Telemetry), drain, noted(options));
  }

  /** The process ends: the others know before its clients come to them. */
  async stop(windowMs: number): Promise<void> {
    this.isStopping = true;
    this.options.facts.isDraining = true;
    // Where it cannot be written, the others find out.
    const told = this.nodes.beat(this.identity, await this.report()).catch(() => undefined);
    await Promise.race([told, new Promise((done) => setTimeout(done, TOLD_WITHIN_MS).unref())]);
    await this.drain?.empty('server-stopping', windowMs);
  }

  async once(): Promise<void> {
    const self = await this.nodes.beat(this.identity, await this.report());
    const isWanted = self?.isDrainWanted ?? false;
    if (isWanted === this.isDrainWanted) return;
    this.isDrainWanted = isWanted;
    if (this.isStopping) return;
    this.options.facts.isDraining = isWanted;
    // Not waited for: the next beat may say that it is to stop.
    if (isWanted) this.drain?.empty('node-draining', EMPTY_MS).catch(this.onError);
    else this.drain?.stop();
  }

  private async report(): Promise<NodeReport> {
    const { facts, ports } = this.options;
    const { connections, messagesPerSecond, eventLoopDelayMs, memoryBytes } =
      this.telemetry().latest ?? this.telemetry().tick(ports.clock.now());
    const { state } = ports.bus;
    return {
      connections,
      messagesPerSecond,
      eventLoopDelayMs,
      memoryBytes,
      isReady: (await facts.health()).ready,
      isDraining: facts.isDraining,
      redis: state === 'alone' ? 'none' : state,
    };
  }
}
