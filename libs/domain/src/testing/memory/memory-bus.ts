import { Bus, type BusMessage, type Channel } from '../../ports/bus.js';

/** Nodes in one process: what one sends, every other that shares the line and follows the channel receives, in order. */
export class MemoryBus extends Bus {
  private readonly followed = new Set<Channel>();
  private readonly takers: ((message: BusMessage) => void)[] = [];
  readonly state = 'up';

  constructor(private readonly line: Set<MemoryBus> = new Set()) {
    super();
    line.add(this);
  }

  /** Another node's end of the same line. */
  elsewhere(): MemoryBus {
    return new MemoryBus(this.line);
  }

  override send(channel: Channel, message: BusMessage): void {
    for (const node of this.line)
      if (node !== this && (channel === 'all' || node.followed.has(channel)))
        for (const take of node.takers) take(structuredClone(message));
  }

  override receive(take: (message: BusMessage) => void): void {
    this.takers.push(take);
  }

  override follow(channel: Channel): void {
    this.followed.add(channel);
  }

  override unfollow(channel: Channel): void {
    this.followed.delete(channel);
  }

  override whenBack(): void {}
}
