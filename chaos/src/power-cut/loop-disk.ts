import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../server/processes.ts';

const SIZE_BYTES = 1_500_000_000;
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: from now on nothing reaches the disk, and what was not flushed is gone. */
const SHUTDOWN = 0x8004587d;
const NO_LOG_FLUSH = 2;

const PYTHON = `import fcntl, struct, sys; fcntl.ioctl(open(sys.argv[1]), ${SHUTDOWN}, struct.pack("I", ${NO_LOG_FLUSH}))`;
const PERL = `open(my $f, "<", $ARGV[0]) or die $!; my $flags = pack("L", ${NO_LOG_FLUSH}); ioctl($f, ${SHUTDOWN}, $flags) or die $!`;
const RUNNERS: readonly (readonly [command: string, args: readonly string[]])[] = [
  ['python3', ['-c', PYTHON]],
  ['perl', ['-e', PERL]],
];
const works = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

export function whyNoPowerCut(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, to mount a disk and to cut it off';
  if (!works('mkfs.ext4', '-V')) return 'needs mkfs.ext4 (e2fsprogs)';
  if (!works('losetup', '-f')) return 'needs loop devices';
  if (!RUNNERS.some(([command]) => works(command, '--version'))) return 'needs python3 or perl, for one ioctl that Node cannot make';
  return undefined;
}

/** An ext4 file system in a file, whose power can be cut. */
export class LoopDisk {
  readonly path: string;
  private readonly image: string;
  private readonly handle: string;

  private constructor(directory: string) {
    this.image = join(directory, 'disk.img');
    this.path = join(directory, 'disk');
    this.handle = join(this.path, 'handle');
  }

  static make(directory: string): LoopDisk {
    const disk = new LoopDisk(directory);
    closeSync(openSync(disk.image, 'w'));
    truncateSync(disk.image, SIZE_BYTES);
    must('mkfs.ext4', '-q', '-F', disk.image);
    mkdirSync(disk.path);
    disk.mount();
    writeFileSync(disk.handle, '');
    return disk;
  }

  mount(): void {
    must('mount', '-o', 'loop', this.image, this.path);
    chmodSync(this.path, 0o755);
  }

  flush(): void {
    must('sync', '-f', this.path);
  }

  cutPower(): void {
    const runner = RUNNERS.find(([command]) => works(command, '--version'));
    if (!runner) throw new Error('nothing can make the ioctl');
    must(runner[0], ...runner[1], this.handle);
  }

  /** Whoever worked on it must be gone. */
  async unmount(): Promise<void> {
    await until('the disk is free', 10_000, () => works('umount', this.path));
  }

  async remove(): Promise<void> {
    works('umount', '-l', this.path);
    rmSync(this.image, { force: true });
  }
}

function must(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr}`);
}
