import type { ErrorDetails } from '../errors.js';
import type { ProfileEvent, ReceiptEvent } from '../events.js';
import type { TenantId, UserKey } from '../ids.js';
import type { CloseReason } from './fanout.js';
import type { Appended } from './room-log.js';

/** What one node tells the others. */
export type BusMessage =
  | { readonly kind: 'appended'; readonly appended: Appended }
  | { readonly kind: 'receipt'; readonly event: ReceiptEvent }
  | { readonly kind: 'profile'; readonly event: ProfileEvent }
  | { readonly kind: 'end-user'; readonly user: UserKey; readonly reason: CloseReason; readonly details?: ErrorDetails }
  | { readonly kind: 'end-key'; readonly tenantId: TenantId; readonly signingKeyId: string; readonly reason: CloseReason }
  | { readonly kind: 'end-tenant'; readonly tenantId: TenantId; readonly reason: CloseReason };

/**
 * From node to node, best effort: a message may be lost, and nobody waits for it. What is durable is in the log and is
 * found by gaps and by the sweep; a node never receives its own messages.
 */
export abstract class Bus {
  abstract send(message: BusMessage): void;
  abstract receive(take: (message: BusMessage) => void): void;
}
