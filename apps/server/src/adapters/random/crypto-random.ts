import { createHash, randomFillSync, randomInt } from 'node:crypto';
import { Random } from '@parley/domain';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));
const POOL_BYTES = 4_096;

export class CryptoRandom extends Random {
  private readonly pool = new Uint8Array(POOL_BYTES);
  private used = POOL_BYTES;

  /** UUIDv7 (RFC 9562, 5.7) with milliseconds and 74 random bits; randomness is drawn in bulk. */
  override uuid(): string {
    if (this.used + 10 > POOL_BYTES) {
      randomFillSync(this.pool);
      this.used = 0;
    }
    const bytes = this.pool.subarray(this.used, this.used + 10);
    this.used += 10;
    const time = Date.now().toString(16).padStart(12, '0');
    const hex = (index: number, mask = 0xff, set = 0): string => HEX[((bytes[index] ?? 0) & mask) | set] ?? '00';
    return `${time.slice(0, 8)}-${time.slice(8)}-${hex(0, 0x0f, 0x70)}${hex(1)}-${hex(2, 0x3f, 0x80)}${hex(3)}-${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`;
  }

  override token(length: number): string {
    return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  }

  override digest(secret: string): string {
    return createHash('sha256').update(secret).digest('hex');
  }
}
