import type { Actor, PlatformActor } from './actor.js';
import { DomainError } from './errors.js';
import { canonicalJson } from './json.js';
import type { Page, PageRequest } from './page.js';
import type { Cursors } from './ports/cursors.js';

export interface BoundCursors {
  request(limit: number, cursor: string | undefined): PageRequest;
  page<T, W>(page: Page<T>, present: (item: T) => W): { items: W[]; nextCursor: string | null };
}

/** Cursors bound to caller and query: one from another user, tenant, list or filter is `bad-cursor`. */
export class PageCursors {
  constructor(private readonly cursors: Cursors) {}

  bind(actor: Actor | PlatformActor, query: string, filter: object): BoundCursors {
    const binding = `${callerOf(actor)}\n${query}\n${canonicalJson(filter)}`;
    return {
      request: (limit, cursor) => {
        if (cursor === undefined) return { limit };
        const after = this.cursors.open(cursor, binding);
        if (!after) throw new DomainError('bad-cursor');
        return { limit, after };
      },
      page: ({ items, next }, present) => ({ items: items.map(present), nextCursor: next ? this.cursors.seal(next, binding) : null }),
    };
  }
}

function callerOf(actor: Actor | PlatformActor): string {
  switch (actor.kind) {
    case 'user':
      return `user ${actor.tenantId} ${actor.user.no}`;
    case 'key':
      return `key ${actor.tenantId} ${actor.keyId}`;
    case 'operator':
      return `operator ${actor.tenantId} ${actor.operatorId}`;
    case 'platform':
      return `platform ${actor.operatorId}`;
  }
}
