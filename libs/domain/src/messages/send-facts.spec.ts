import { describe, expect, it } from 'vitest';
import type { TenantId } from '../ids.js';
import type { TenantTx } from '../ports/store.js';
import { MemoryStore } from '../testing/memory/memory-store.js';
import { memoryPorts } from '../testing/memory/ports.js';
import { aWorld } from '../testing/world.js';

/** A store whose answers can be held back: what they say was true when it was read. */
class SlowStore extends MemoryStore {
  private held?: { readonly begun: PromiseWithResolvers<void>; readonly released: PromiseWithResolvers<void> };

  /** The next answer waits for `release`; `begun` is when it is read. */
  holdNext(): { readonly begun: Promise<void>; readonly release: () => void } {
    const held = { begun: Promise.withResolvers<void>(), released: Promise.withResolvers<void>() };
    this.held = held;
    return { begun: held.begun.promise, release: held.released.resolve };
  }

  override async tenant<T>(tenantId: TenantId, run: (tx: TenantTx) => Promise<T>): Promise<T> {
    const { held } = this;
    this.held = undefined;
    const answer = await super.tenant(tenantId, run);
    held?.begun.resolve();
    await held?.released.promise;
    return answer;
  }
}

describe('facts for sending', () => {
  it('are never older than the question, where they refuse (G12)', async () => {
    const ports = memoryPorts();
    const store = new SlowStore(ports.db);
    const world = await aWorld({ ...ports, store })
      .withUsers(['cy'])
      .withGroup('crew', ['ann', 'bo']);
    const { begun, release } = store.holdNext();
    const early = world.as('cy').send('crew', 'before I am in');
    await begun;
    await world.as('ann').add('crew', 'cy');
    const late = Promise.all([world.as('cy', 'phone').send('crew', 'I am in'), world.as('cy', 'watch').send('crew', 'I am in, too')]);
    release();
    await expect(early).rejects.toMatchObject({ code: 'not-found' });
    expect((await late).map(({ message }) => message.text)).toEqual(['I am in', 'I am in, too']);
  });
});
