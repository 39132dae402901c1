import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from './fault.ts';

/** A disk of a size of our own, in memory. */
export class SmallDisk {
  readonly path: string;
  private readonly filler: string;

  private constructor(path: string) {
    this.path = path;
    this.filler = join(path, 'filler');
  }

  static mount(path: string, mebibytes: number): SmallDisk {
    mkdirSync(path, { recursive: true });
    const made = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=755`, 'parley-chaos', path], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`mount: ${made.stderr}`);
    return new SmallDisk(path);
  }

  /** Writes until nothing fits any more. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.path);
    const chunk = Buffer.alloc(bsize);
    writeFileSync(this.filler, '');
    for (let left = bavail + 1_000; left > 0; left -= 1) {
      try {
        writeFileSync(this.filler, chunk, { flag: 'a' });
      } catch {
        return;
      }
    }
  }

  empty(): void {
    rmSync(this.filler, { force: true });
  }

  unmount(): void {
    spawnSync('umount', ['-l', this.path]);
  }
}

export function whyNoMounts(): string | undefined {
  if (!isRoot()) return 'needs root, to mount a small disk';
  const path = mkdtempSync(join(tmpdir(), 'parley-chaos-probe-'));
  try {
    SmallDisk.mount(path, 1).unmount();
    return undefined;
  } catch (error) {
    return `a tmpfs cannot be mounted: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    rmdirSync(path);
  }
}

/** A folder that PostgreSQL, which runs as nobody, can pass through. */
export function openDirectory(prefix: string): string {
  const path = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(path, 0o755);
  return path;
}
