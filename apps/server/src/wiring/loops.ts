import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PresenceService, ReceiptService, StandingService, SweepService } from '@parley/domain';
import type { Server as SocketServer } from 'socket.io';
import { BEACON_PART_MS } from '../adapters/fanout/head-beacon.js';
import { presentStats } from '../http/stats.controller.js';
import { Loop } from '../jobs/loops.js';
import { PLATFORM } from '../realtime/admin.namespace.js';
import { Telemetry } from '../telemetry/telemetry.js';
import type { Beat } from './beat.js';
import type { ServerOptions } from './server.js';

/** What was committed and not told is told within this, and what reading it takes (G6). */
const SWEEP_MS = 3_000;
/** With no word from other nodes it is all that tells what they commit. */
const LONELY_SWEEP_MS = 1_000;
/** An operator's wish is met, and a node that died is known to have, within some of these. */
const BEAT_MS = 2_000;

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
    new Loop(BEACON_PART_MS, () => ports.fanout.beacon(), onError),
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

/** What a failed chore is for the log. */
export const noted =
  ({ log }: ServerOptions) =>
  (error: unknown): void =>
    log.warn({ err: error }, 'a chore failed; it is tried again');
