import { Bus, type BusMessage } from '../../ports/bus.js';

/** Nodes in one process: what one sends, every other that shares the line receives, in order. */
export class MemoryBus extends Bus {
  private take: (message: BusMessage) => void = () => undefined;

  constructor(private readonly line: Set<MemoryBus> = new Set()) {
    super();
    line.add(this);
  }

  /** Another node's end of the same line. */
  elsewhere(): MemoryBus {
    return new MemoryBus(this.line);
  }

  send(message: BusMessage): void {
    for (const node of this.line) if (node !== this) node.take(structuredClone(message));
  }

  receive(take: (message: BusMessage) => void): void {
    this.take = take;
  }
}
