import { DomainError, Passwords } from '@parley/domain';
import { hash, verify } from '@node-rs/argon2';

/** OWASP's recommendation for argon2id (the library's default variant): 19 MiB, two passes, one lane. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A flood of sign-ins must not take the machine (case 105): so many at a time, so many waiting, the rest is refused. */
const AT_ONCE = 2;
const WAITING_MAX = 50;

export class Argon2Passwords extends Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  /** What an unknown account is checked against, so that it takes as long as a known one. */
  private readonly decoy = hash('no account has this password', OPTIONS);

  override hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, OPTIONS));
  }

  override async verify(stored: string | undefined, password: string): Promise<boolean> {
    const against = stored ?? (await this.decoy);
    const isRight = await this.inTurn(() => verify(against, password));
    return isRight && stored !== undefined;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= AT_ONCE) {
      if (this.waiting.length >= WAITING_MAX)
        throw new DomainError('unavailable', { detail: 'too many sign-ins at once', retryAfterMs: 2_000 });
      await new Promise<void>((go) => this.waiting.push(go));
    }
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }
}
