import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { PlatformTx } from '../../ports/store.js';
import { found, upTo, type Scene } from './scene.js';

/** Humans of the installation. Operators are nobody's tenant, so tests take mail addresses of their own. */
export function operatorsContract(scene: () => Promise<Scene>): void {
  const open = async () => {
    const own = await scene();
    const platform = <T>(run: (tx: PlatformTx) => Promise<T>): Promise<T> => own.technology.store.platform(run);
    const insert = (email = `${randomUUID()}@example.org`) =>
      platform((tx) => tx.operators.insert({ id: randomUUID(), email, name: 'Op', passwordHash: 'hash 1', mustChangePassword: true }));
    return { own, platform, insert, operator: found(await insert()) };
  };

  it('are inserted once per mail address', async () => {
    const { platform, insert, operator } = await open();
    expect(operator).toMatchObject({ name: 'Op', mustChangePassword: true });
    expect(operator.role).toBeUndefined();
    expect(await insert(operator.email)).toBeUndefined();
    expect(await platform((tx) => tx.operators.byId(operator.id))).toEqual(operator);
    expect(await platform((tx) => tx.operators.byEmail(operator.email))).toEqual({ operator, passwordHash: 'hash 1' });
    expect(await platform((tx) => tx.operators.byEmail('nobody@example.org'))).toBeUndefined();
    expect(await platform((tx) => tx.operators.count())).toBeGreaterThanOrEqual(1);
  });

  it('are granted roles, platform-wide and per tenant, and lose them', async () => {
    const { own, platform, operator } = await open();
    const grant = (tenantId: string | undefined, role: 'admin' | 'viewer' | undefined) =>
      platform((tx) => tx.operators.grant(operator.id, tenantId, role));
    const now = async () => found(await platform((tx) => tx.operators.byId(operator.id)));
    await grant(undefined, 'viewer');
    await grant(own.tenantId, 'viewer');
    await grant(own.tenantId, 'admin');
    expect((await now()).role).toBe('viewer');
    expect([...(await now()).tenantRoles]).toEqual([[own.tenantId, 'admin']]);
    await grant(undefined, undefined);
    await grant(own.tenantId, undefined);
    expect([(await now()).role, (await now()).tenantRoles.size]).toEqual([undefined, 0]);
  });

  it('change passwords and are locked out and in', async () => {
    const { platform, operator } = await open();
    await platform((tx) => tx.operators.setPassword(operator.id, 'hash 2', false));
    await platform((tx) => tx.operators.setDisabled(operator.id, true));
    await platform((tx) => tx.operators.touchLogin(operator.id));
    expect(await platform((tx) => tx.operators.passwordHash(operator.id))).toBe('hash 2');
    const now = await platform((tx) => tx.operators.byId(operator.id));
    expect(now).toMatchObject({ mustChangePassword: false, disabledAt: expect.any(Date), lastLoginAt: expect.any(Date) });
    await platform((tx) => tx.operators.setDisabled(operator.id, false));
    expect((await platform((tx) => tx.operators.byId(operator.id)))?.disabledAt).toBeUndefined();
  });

  it('are listed in pages, each once', async () => {
    const { platform, insert, operator } = await open();
    const ids = new Set([operator.id]);
    for (const _ of upTo(4)) ids.add(found(await insert()).id);
    const seen: string[] = [];
    let after: readonly (string | number)[] | undefined;
    let pages = 0;
    do {
      const page = await platform((tx) => tx.operators.list({ limit: 100, after }));
      seen.push(...page.items.map(({ id }) => id));
      after = page.next;
      pages += 1;
    } while (after && pages < 100);
    expect(new Set(seen).size).toBe(seen.length);
    expect([...ids].every((id) => seen.includes(id))).toBe(true);
    expect((await platform((tx) => tx.operators.list({ limit: 2 }))).items).toHaveLength(2);
  });

  it('have sessions, found by hash and ended one or all', async () => {
    const { platform, operator } = await open();
    const now = new Date();
    const sessions = upTo(3).map(() => ({
      id: randomUUID(),
      operatorId: operator.id,
      createdAt: now,
      lastSeenAt: now,
      ip: '::1',
      userAgent: 'test',
      tokenHash: randomUUID(),
    }));
    for (const session of sessions) await platform((tx) => tx.operators.insertSession(session));
    const find = (index: number) => platform((tx) => tx.operators.session(found(sessions[index]).tokenHash));
    expect(await find(0)).toMatchObject({ session: { id: sessions[0]?.id, ip: '::1', userAgent: 'test' }, operator: { id: operator.id } });
    await platform((tx) => tx.operators.touchSession(found(sessions[0]).id));
    expect((await find(0))?.session.lastSeenAt.getTime()).toBeGreaterThanOrEqual(now.getTime() - 5_000);
    await platform((tx) => tx.operators.endSession(found(sessions[0]).id));
    await platform((tx) => tx.operators.endSessions(operator.id, found(sessions[1]).id));
    expect([await find(0), (await find(1))?.session.id, await find(2)]).toEqual([undefined, sessions[1]?.id, undefined]);
    await platform((tx) => tx.operators.endSessions(operator.id));
    expect(await find(1)).toBeUndefined();
  });

  it('have tokens, found by hash and revoked by their owner only', async () => {
    const { platform, insert, operator } = await open();
    const other = found(await insert());
    const expiresAt = new Date('2100-01-01T00:00:00.000Z');
    const [id, tokenHash] = [randomUUID(), randomUUID()];
    const token = await platform((tx) => tx.operators.insertToken({ id, operatorId: operator.id, name: 'cli', expiresAt, tokenHash }));
    expect(token).toMatchObject({ id, operatorId: operator.id, name: 'cli', expiresAt });
    const find = () => platform((tx) => tx.operators.token(tokenHash));
    expect(await find()).toMatchObject({ token: { id }, operator: { id: operator.id } });
    await platform((tx) => tx.operators.touchToken(id));
    expect((await find())?.token.lastUsedAt).toBeInstanceOf(Date);
    expect((await platform((tx) => tx.operators.listTokens(operator.id))).map((own) => own.id)).toEqual([id]);
    expect(await platform((tx) => tx.operators.revokeToken(other.id, id))).toBe(false);
    expect(await platform((tx) => tx.operators.revokeToken(operator.id, id))).toBe(true);
    expect(await find()).toBeUndefined();
    expect(await platform((tx) => tx.operators.revokeToken(operator.id, id))).toBe(false);
  });
}
