import { createHash } from 'node:crypto';
import { Random } from '../ports/random.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The same seed gives the same ids: a failed run can be run again. Ids are true UUIDv7 in shape and rising. */
export class SeededRandom extends Random {
  private state: number;
  private issued = 0;

  constructor(seed: number) {
    super();
    this.state = seed >>> 0;
  }

  /** mulberry32: small, even enough for names. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  uuid(): string {
    this.issued += 1;
    const time = (0x01b8_0000_0000 + this.issued).toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${this.hex(3)}-8${this.hex(3)}-${this.hex(12)}`;
  }

  token(length: number): string {
    return Array.from({ length }, () => ALPHABET[Math.floor(this.next() * ALPHABET.length)]).join('');
  }

  digest(secret: string): string {
    return createHash('sha256').update(secret).digest('hex');
  }

  private hex(length: number): string {
    return Array.from({ length }, () => Math.floor(this.next() * 16).toString(16)).join('');
  }
}
