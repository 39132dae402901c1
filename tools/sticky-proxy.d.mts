export interface StickyProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** A load balancer with sticky Socket.IO sessions for a few nodes on one machine. */
export function startStickyProxy(nodes: readonly { readonly host: string; readonly port: number }[], port?: number): Promise<StickyProxy>;
