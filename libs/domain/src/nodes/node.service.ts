import type { PlatformActor } from '../actor.js';
import { auditOf } from '../audit/audit.js';
import { DomainError, notFound } from '../errors.js';
import type { NodeProbe } from '../ports/node-probe.js';
import type { Store } from '../ports/store.js';
import { requirePlatform } from '../tenants/tenant.service.js';
import { destinations, type Node, type NodeIdentity, type NodeReport } from './node.js';

/** More in one call are not believed. */
const COMPLAINTS_MAX = 5;
const DESTINATIONS_MAX = 5;
const RETRY_MS = 2_000;

export interface Destination {
  readonly nodeId: string;
  readonly url: string;
}

/** The processes of this installation: each tells the others of itself, in the database, which no node can do without. */
export class NodeService {
  /** As of the last beat: asking where to connect costs no query. */
  private known: readonly Node[] = [];
  /** Nodes that are being tried: many clients complain of one node at the same time. */
  private readonly tried = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly probe: NodeProbe,
  ) {}

  /** One sign of life. Gives this node as the database has it: whether it should be emptied. */
  async beat(identity: NodeIdentity, report: NodeReport): Promise<Node | undefined> {
    this.known = await this.store.platform(async (tx) => {
      await tx.nodes.beat(identity, report);
      return tx.nodes.list();
    });
    return this.known.find(({ id }) => id === identity.id);
  }

  /** The process ends by itself and is not missed. */
  async leave(id: string): Promise<void> {
    await this.store.platform((tx) => tx.nodes.remove(id));
  }

  async list(actor: PlatformActor): Promise<readonly Node[]> {
    requirePlatform(actor, 'viewer');
    return this.store.platform((tx) => tx.nodes.list());
  }

  /** The node refuses newcomers, sends its clients elsewhere and goes on running; or takes clients again. */
  async setDrain(actor: PlatformActor, id: string, isWanted: boolean): Promise<Node> {
    requirePlatform(actor, 'admin');
    return this.store.platform(async (tx) => {
      if (!(await tx.nodes.setDrain(id, isWanted))) throw notFound();
      await tx.audit.append(auditOf(actor, isWanted ? 'node.drain' : 'node.resume', { kind: 'node', id }));
      const node = (await tx.nodes.list()).find((one) => one.id === id);
      if (!node) throw notFound();
      return node;
    });
  }

  /**
   * Where a client should connect, the best first. Nodes it could not reach are left out of its answer, and tried from
   * here: one that does not answer is left out of everybody's for a while. Empty where nodes have no address of their
   * own. Throws `unavailable` where they have one and none is free.
   */
  destinations(unreachable: readonly string[]): readonly Destination[] {
    for (const node of this.known) if (unreachable.slice(0, COMPLAINTS_MAX).includes(node.id)) void this.examine(node);
    if (!this.known.some(({ role, url }) => role !== 'worker' && url !== undefined)) return [];
    const free = this.free().filter(({ id }) => !unreachable.includes(id));
    if (free.length === 0) throw new DomainError('unavailable', { detail: 'no node takes connections', retryAfterMs: RETRY_MS });
    return free.slice(0, DESTINATIONS_MAX).flatMap(({ id, url }) => (url === undefined ? [] : [{ nodeId: id, url }]));
  }

  /** Where every node is suspect, it is more likely that nodes cannot reach each other's addresses. */
  private free(): readonly Node[] {
    const free = destinations(this.known);
    return free.length > 0 ? free : destinations(this.known.map((node) => ({ ...node, isSuspect: false })));
  }

  private async examine({ id, url, isAlive, isSuspect }: Node): Promise<void> {
    if (url === undefined || !isAlive || isSuspect || this.tried.has(id)) return;
    this.tried.add(id);
    try {
      if (!(await this.probe.isReady(url))) await this.suspect(id);
    } finally {
      this.tried.delete(id);
    }
  }

  private async suspect(id: string): Promise<void> {
    this.known = this.known.map((node) => (node.id === id ? { ...node, isSuspect: true } : node));
    // Where it cannot be written, only this node knows, until its next beat.
    await this.store.platform((tx) => tx.nodes.suspect(id)).catch(() => undefined);
  }
}
