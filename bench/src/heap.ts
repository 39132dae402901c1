import type { ChildProcess } from 'node:child_process';
import { lineOf } from './processes.ts';

/** For a server whose heap is asked about: a free port for the inspector, which starts only on a signal. */
export const HEAP_FLAGS = ['--inspect-port=0'] as const;
const OPEN_MS = 10_000;
const ANSWER_MS = 60_000;

/** What a node process holds after a full garbage collection, bytes. */
export interface Heap {
  readonly used: number;
  /** Buffers, which lie outside. */
  readonly buffers: number;
}

/** Looks into a running node process from outside, whichever program it runs. */
export class HeapProbe {
  private readonly socket: WebSocket;
  private lastId = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
  }

  /** The inspector itself takes memory, so this comes after resident memory was read. */
  static async open(child: ChildProcess): Promise<HeapProbe> {
    const listening = lineOf(child, /^Debugger listening on ws:/, OPEN_MS);
    child.kill('SIGUSR1');
    const socket = new WebSocket((await listening).replace('Debugger listening on ', ''));
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new Error('the inspector does not answer')), { once: true });
    });
    return new HeapProbe(socket);
  }

  async collected(): Promise<Heap> {
    await this.ask('HeapProfiler.collectGarbage');
    const usage = (await this.ask('Runtime.getHeapUsage')) as { readonly usedSize: number; readonly backingStorageSize?: number };
    return { used: usage.usedSize, buffers: usage.backingStorageSize ?? NaN };
  }

  close(): void {
    this.socket.close();
  }

  private ask(method: string): Promise<unknown> {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        clearTimeout(timer);
        this.socket.removeEventListener('message', onMessage);
        outcome();
      };
      const onMessage = ({ data }: MessageEvent): void => {
        const answer = JSON.parse(String(data)) as {
          readonly id?: number;
          readonly result?: unknown;
          readonly error?: { message: string };
        };
        if (answer.id !== id) return;
        settle(() => (answer.error ? reject(new Error(`${method}: ${answer.error.message}`)) : resolve(answer.result)));
      };
      const timer = setTimeout(() => settle(() => reject(new Error(`${method}: no answer within ${ANSWER_MS} ms`))), ANSWER_MS);
      this.socket.addEventListener('message', onMessage);
      this.socket.send(JSON.stringify({ id, method }));
    });
  }
}
