/** Ids and secrets. */
export abstract class Random {
  /** UUIDv7 (RFC 9562): unique, roughly ascending; nothing is ever sorted by it. */
  abstract uuid(): string;
  /** `length` characters of `[A-Za-z0-9]` from a cryptographic source. */
  abstract token(length: number): string;
  /** SHA-256 of a high-entropy secret, hex: how credentials are kept and looked up. */
  abstract digest(secret: string): string;
}
