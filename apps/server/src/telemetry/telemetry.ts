import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const SAMPLES = 4_096;
const HISTORY = 150;
/** The event loop's delay is looked at so often; each look wakes the process, also when it has nothing to do. */
const LOOK_MS = 50;
/** So many readings, ten seconds of them, tell how late the loop usually is. */
const USUAL_OF = 5;

export interface Figures {
  readonly at: Date;
  readonly connections: number;
  readonly connectionsByTenant: Readonly<Record<string, number>>;
  readonly messagesPerSecond: number;
  readonly deliveriesPerSecond: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly eventLoopDelayMs: number;
  readonly memoryBytes: number;
  readonly uptimeSeconds: number;
}

/** Where the connections are counted. */
export interface ConnectionCounts {
  count(): number;
  countByTenant(): Readonly<Record<string, number>>;
  readonly delivered: number;
}

/** What the server measures of itself: Prometheus series, and the last five minutes for the dashboard. No label names a user or a room. */
export class Telemetry {
  readonly registry = new Registry();
  private readonly calls = new Histogram({
    name: 'parley_call_duration_seconds',
    help: 'REST routes and socket commands',
    labelNames: ['door', 'name', 'code'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [this.registry],
  });
  private readonly sends = new Counter({ name: 'parley_messages_sent_total', help: 'Messages acknowledged', registers: [this.registry] });
  private readonly errors = new Counter({ name: 'parley_internal_errors_total', help: 'Bugs met', registers: [this.registry] });
  private readonly loop = monitorEventLoopDelay({ resolution: LOOK_MS });
  private readonly latencies = new Float64Array(SAMPLES);
  private samples = 0;
  private sent = 0;
  private last = { at: performance.now(), sent: 0, delivered: 0, samples: 0 };
  readonly history: Figures[] = [];

  constructor(private readonly connections: ConnectionCounts) {
    collectDefaultMetrics({ register: this.registry, prefix: 'parley_', eventLoopMonitoringPrecision: LOOK_MS });
    const { registry } = this;
    new Gauge({
      name: 'parley_connections',
      help: 'Open connections',
      registers: [registry],
      collect() {
        this.set(connections.count());
      },
    });
    new Counter({
      name: 'parley_deliveries_total',
      help: 'Events handed to connections',
      registers: [registry],
      collect() {
        this.reset();
        this.inc(connections.delivered);
      },
    });
    this.loop.enable();
  }

  noteCall(door: 'rest' | 'socket', name: string, milliseconds: number, code: string): void {
    this.calls.labels(door, name, code).observe(milliseconds / 1_000);
    if (code !== 'ok' || (name !== 'message.send' && name !== 'messages.send')) return;
    this.sends.inc();
    this.sent += 1;
    this.latencies[this.samples % SAMPLES] = milliseconds;
    this.samples += 1;
  }

  noteError(): void {
    this.errors.inc();
  }

  /** One more point of the history; called every two seconds. */
  tick(now: Date): Figures {
    const at = performance.now();
    const seconds = Math.max(0.001, (at - this.last.at) / 1_000);
    const { delivered } = this.connections;
    const recent = this.recentLatencies();
    const figures: Figures = {
      at: now,
      connections: this.connections.count(),
      connectionsByTenant: this.connections.countByTenant(),
      messagesPerSecond: round((this.sent - this.last.sent) / seconds),
      deliveriesPerSecond: round((delivered - this.last.delivered) / seconds),
      ackP50Ms: round(percentile(recent, 0.5)),
      ackP99Ms: round(percentile(recent, 0.99)),
      eventLoopDelayMs: round(Math.max(0, this.loop.percentile(99) / 1e6 - LOOK_MS)),
      memoryBytes: process.memoryUsage.rss(),
      uptimeSeconds: round(process.uptime()),
    };
    this.loop.reset();
    this.last = { at, sent: this.sent, delivered, samples: this.samples };
    this.history.push(figures);
    if (this.history.length > HISTORY) this.history.shift();
    return figures;
  }

  get latest(): Figures | undefined {
    return this.history.at(-1);
  }

  /** The middle one of the last readings: one pause does not make a server look busy; to be late all the time does. */
  get usualLoopDelayMs(): number {
    const lately = this.history.slice(-USUAL_OF).map(({ eventLoopDelayMs }) => eventLoopDelayMs);
    return lately.sort((a, b) => a - b)[Math.floor(lately.length / 2)] ?? 0;
  }

  private recentLatencies(): Float64Array {
    const count = Math.min(this.samples - this.last.samples, SAMPLES);
    const from = this.samples - count;
    return Float64Array.from({ length: count }, (_, index) => this.latencies[(from + index) % SAMPLES] ?? 0).sort();
  }
}

const percentile = (sorted: Float64Array, part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
const round = (value: number): number => Math.round(value * 100) / 100;
