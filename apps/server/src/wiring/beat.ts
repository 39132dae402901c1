import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { NodeService, type NodeIdentity, type NodeReport } from '@parley/domain';
import type { Server as SocketServer } from 'socket.io';
import { Drain } from '../realtime/drain.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { noted } from './loops.js';
import type { ServerOptions } from './server.js';

/** How long it takes to empty a node that goes on running. */
const EMPTY_MS = 20_000;
/** A database that does not answer does not keep a server from stopping. */
const TOLD_WITHIN_MS = 1_000;

interface BeatOptions extends Pick<ServerOptions, 'facts' | 'role' | 'nodeUrl'> {
  readonly ports: Pick<ServerOptions['ports'], 'bus' | 'clock'>;
}

/** Tells the other nodes of this one, and does what an operator wants of it. */
export class Beat {
  private readonly identity: NodeIdentity;
  private isDrainWanted = false;
  private isStopping = false;

  constructor(
    private readonly nodes: NodeService,
    private readonly options: BeatOptions,
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
    const telemetry = this.telemetry();
    const { connections, messagesPerSecond, memoryBytes } = telemetry.latest ?? telemetry.tick(ports.clock.now());
    const { state } = ports.bus;
    return {
      connections,
      messagesPerSecond,
      eventLoopDelayMs: telemetry.usualLoopDelayMs,
      memoryBytes,
      isReady: (await facts.health()).ready,
      isDraining: facts.isDraining,
      redis: state === 'alone' ? 'none' : state,
    };
  }
}
