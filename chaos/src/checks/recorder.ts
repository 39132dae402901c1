import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import type { Happening, HistoryEvent } from './history.ts';

/** Writes what happens, in the order of the clock of one host: in memory for the checker, as NDJSON for whoever looks into a finding. */
export class Recorder {
  private readonly file: WriteStream | undefined;
  private readonly events: HistoryEvent[] = [];
  private ops = 0;

  constructor(path?: string) {
    this.file = path === undefined ? undefined : createWriteStream(path, { flags: 'w', mode: 0o600 });
  }

  /** A number for one attempt. */
  nextOp(): number {
    this.ops += 1;
    return this.ops;
  }

  record(happening: Happening): HistoryEvent {
    const event = { t: Number(process.hrtime.bigint()), ...happening };
    this.events.push(event);
    this.file?.write(`${JSON.stringify({ ...event, wall: Date.now() })}\n`);
    return event;
  }

  count(kind: Happening['kind']): number {
    return this.events.reduce((sum, event) => (event.kind === kind ? sum + 1 : sum), 0);
  }

  history(): readonly HistoryEvent[] {
    return [...this.events];
  }

  async close(): Promise<void> {
    const { file } = this;
    if (file) await new Promise<void>((resolve, reject) => file.once('error', reject).end(resolve));
  }
}

export function readHistory(path: string): readonly HistoryEvent[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as HistoryEvent);
}
