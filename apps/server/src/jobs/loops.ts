/** One thing done again and again, never twice at once, until it is stopped. */
export class Loop {
  private timer?: NodeJS.Timeout;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(
    private readonly everyMs: number | (() => number),
    private readonly work: () => void | Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {
    this.schedule();
  }

  private schedule(): void {
    if (this.isStopped) return;
    const everyMs = typeof this.everyMs === 'number' ? this.everyMs : this.everyMs();
    this.timer = setTimeout(() => {
      this.running = this.once();
    }, everyMs).unref();
  }

  private async once(): Promise<void> {
    try {
      await this.work();
    } catch (error) {
      this.onError(error);
    }
    this.schedule();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }
}
