import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Cursors, type Position } from '@parley/domain';

const MAC_BYTES = 16;

/** base64url of MAC and JSON; the MAC covers the binding too. */
export class HmacCursors extends Cursors {
  private readonly key: Buffer;

  constructor(secretKey: string) {
    super();
    this.key = Buffer.from(hkdfSync('sha256', secretKey, '', 'parley/cursors/v1', 32));
  }

  override seal(position: Position, binding: string): string {
    const body = Buffer.from(JSON.stringify(position));
    return Buffer.concat([this.mac(body, binding), body]).toString('base64url');
  }

  override open(cursor: string, binding: string): Position | undefined {
    if (!/^[A-Za-z0-9_-]{24,2000}$/.test(cursor)) return undefined;
    const bytes = Buffer.from(cursor, 'base64url');
    // The last character of base64 may hold unused bits: one text per cursor, or it is not ours.
    if (bytes.length <= MAC_BYTES || bytes.toString('base64url') !== cursor) return undefined;
    const body = bytes.subarray(MAC_BYTES);
    if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(body, binding))) return undefined;
    return JSON.parse(body.toString('utf8')) as Position;
  }

  private mac(body: Buffer, binding: string): Buffer {
    return createHmac('sha256', this.key).update(binding).update('\0').update(body).digest().subarray(0, MAC_BYTES);
  }
}
