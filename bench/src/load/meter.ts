/** CPU time of this process over wall time: near 1 means that the load generator was the limit. */
export class Meter {
  private readonly at = performance.now();
  private readonly cpu = process.cpuUsage();

  seconds(): number {
    return (performance.now() - this.at) / 1_000;
  }

  share(): number {
    const { user, system } = process.cpuUsage(this.cpu);
    return (user + system) / 1_000 / (performance.now() - this.at);
  }
}
