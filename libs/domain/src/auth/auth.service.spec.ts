import { describe, expect, it } from 'vitest';
import { aCall } from '../testing/builders.js';
import { aWorld, type World } from '../testing/world.js';

const tokenOf = async (world: World, userId: string, more: { name?: string; expiresInSeconds?: number } = {}, tenantId = 'acme') => {
  const server = world.server(tenantId).actor;
  if ((await world.services.keys.listSigningKeys(server, { limit: 1 })).items.length === 0)
    await world.services.keys.createSigningKey(server, {});
  return (await world.services.keys.mintToken(server, { userId, ...more })).token;
};
const enter = (world: World, token: string) => world.services.auth.userByToken(token, aCall());
const keyOf = async (world: World, tenantId = 'acme') =>
  world.services.keys.createApiKey(world.operator('admin', tenantId).actor, { name: 'server' });

describe('a user token', () => {
  it('names the user, its device and its end', async () => {
    const world = await aWorld().withUsers(['ann']);
    const token = await tokenOf(world, 'ann');
    const actor = await enter(world, token);
    expect(actor).toMatchObject({
      kind: 'user',
      tenantId: 'acme',
      user: { id: 'ann', name: 'Ann' },
      expiresAt: new Date(world.clock.now().getTime() + 3_600_000),
    });
  });

  it('creates the user at first sight, once, where the tenant allows it', async () => {
    const world = await aWorld().withTenant('closed', { firstSight: false }).withUsers(['ann'], 'closed');
    const token = await tokenOf(world, 'new', { name: 'Newcomer' });
    const actors = await Promise.all([enter(world, token), enter(world, token)]);
    expect(actors.map(({ user }) => user)).toEqual([actors[0]?.user, actors[0]?.user]);
    expect(actors[0]?.user).toMatchObject({ id: 'new', name: 'Newcomer' });
    await expect(world.services.keys.mintToken(world.server('closed').actor, { userId: 'new' })).rejects.toMatchObject({
      code: 'not-found',
    });
    const known = await tokenOf(world, 'ann', {}, 'closed');
    expect(await enter(world, known)).toMatchObject({ tenantId: 'closed' });
  });

  it('that is expired, forged, of another key or revoked is refused alike', async () => {
    const world = await aWorld().withUsers(['ann']).withTenant('other');
    const token = await tokenOf(world, 'ann', { expiresInSeconds: 100 });
    const [head = '', , signature = ''] = token.split('.');
    const forged = `${head}.${Buffer.from(JSON.stringify({ sub: 'root', exp: 9e9 })).toString('base64url')}.${signature}`;
    const none = `${Buffer.from(JSON.stringify({ alg: 'none', kid: 'kid_acme_AAAAAAAAAAAAAAAAAAAA' })).toString('base64url')}.e30.`;
    for (const bad of [forged, none, 'junk', '', 'a.b.c', `${head}.${head}.${head}`]) {
      await expect(enter(world, bad)).rejects.toMatchObject({ code: 'token-invalid' });
    }
    world.clock.advance(161_000);
    await expect(enter(world, token)).rejects.toMatchObject({ code: 'token-expired' });
    const fresh = await tokenOf(world, 'ann');
    const [key] = (await world.services.keys.listSigningKeys(world.server().actor, { limit: 1 })).items;
    await world.services.keys.revokeSigningKey(world.server().actor, key?.id ?? '');
    await expect(enter(world, fresh)).rejects.toMatchObject({ code: 'token-invalid' });
  });

  it('is refused while the tenant is suspended, the user banned or deactivated', async () => {
    const world = await aWorld().withUsers(['ann']);
    const token = await tokenOf(world, 'ann');
    await world.services.tenants.setStatus(world.platform(), 'acme', 'suspended');
    await expect(enter(world, token)).rejects.toMatchObject({ code: 'tenant-suspended' });
    await world.services.tenants.setStatus(world.platform(), 'acme', 'active');
    await world.server().banFromTenant('ann', { reason: 'spam', expiresInSeconds: 60 });
    await expect(enter(world, token)).rejects.toMatchObject({ code: 'banned', details: { scope: 'tenant', reason: 'spam' } });
    world.clock.advance(60_000);
    await enter(world, token);
    await world.services.users.setDeactivated(world.server().actor, 'ann', true);
    await expect(enter(world, token)).rejects.toMatchObject({ code: 'token-invalid' });
  });
});

describe('an API key', () => {
  it('leaves a trace of whom it speaks for, once an hour', async () => {
    const world = await aWorld().withUsers(['ann']);
    const { secret } = await keyOf(world);
    const key = await world.services.auth.keyBySecret(secret, aCall());
    const traces = async () => (await world.services.audit.ofTenant(world.server().actor, { action: 'key.act-as' }, { limit: 10 })).items;
    for (const _ of [1, 2, 3]) await world.services.auth.userByKey(key, 'ann');
    expect(await traces()).toMatchObject([{ actorId: key.keyId, target: { kind: 'user', id: 'ann' } }]);
    world.clock.advance(3_600_000);
    await world.services.auth.userByKey(key, 'ann');
    expect(await traces()).toHaveLength(2);
  });

  it('is its tenant’s, by the secret alone', async () => {
    const world = await aWorld().withTenant('other');
    const { key, secret } = await keyOf(world);
    expect(secret).toMatch(/^sk_acme_[A-Za-z0-9]{40}$/);
    expect(key.prefix).toBe(secret.slice(0, 12));
    expect(await world.services.auth.keyBySecret(secret, aCall())).toMatchObject({ kind: 'key', tenantId: 'acme', keyId: key.id });
    for (const bad of [secret.replace('acme', 'other'), `${secret}x`, 'sk_acme_', '', secret.slice(0, -1)]) {
      await expect(world.services.auth.keyBySecret(bad, aCall())).rejects.toMatchObject({ code: 'token-invalid' });
    }
  });

  it('is refused when revoked or its tenant suspended', async () => {
    const world = await aWorld();
    const { key, secret } = await keyOf(world);
    await world.services.tenants.setStatus(world.platform(), 'acme', 'suspended');
    await expect(world.services.auth.keyBySecret(secret, aCall())).rejects.toMatchObject({ code: 'tenant-suspended' });
    await world.services.tenants.setStatus(world.platform(), 'acme', 'active');
    await world.services.keys.revokeApiKey(world.operator().actor, key.id);
    await expect(world.services.auth.keyBySecret(secret, aCall())).rejects.toMatchObject({ code: 'token-invalid' });
  });

  it('notes its last use, at most once a minute', async () => {
    const world = await aWorld();
    const { secret } = await keyOf(world);
    const used = async () => {
      await world.services.auth.keyBySecret(secret, aCall());
      return (await world.services.keys.listApiKeys(world.operator().actor, { limit: 1 })).items[0]?.lastUsedAt;
    };
    const first = await used();
    world.clock.advance(30_000);
    expect(await used()).toEqual(first);
    world.clock.advance(30_000);
    expect(await used()).toEqual(world.clock.now());
  });

  it('speaks for a user with the scope for it', async () => {
    const world = await aWorld().withTenant('closed', { firstSight: false });
    const { auth } = world.services;
    const key = world.server().actor;
    expect(await auth.userByKey(key, 'new')).toMatchObject({ kind: 'user', user: { id: 'new', name: 'new' }, actingKeyId: key.keyId });
    await expect(auth.userByKey({ ...key, scopes: new Set(['users:read']) }, 'new')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(auth.userByKey(key, 'no spaces')).rejects.toMatchObject({ code: 'validation-failed' });
    await expect(auth.userByKey(world.server('closed').actor, 'new')).rejects.toMatchObject({ code: 'not-found' });
    await world.server().banFromTenant('new');
    await expect(auth.userByKey(key, 'new')).rejects.toMatchObject({ code: 'banned' });
    await world.services.users.setDeactivated(key, 'new', true);
    await expect(auth.userByKey(key, 'new')).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('signing keys', () => {
  it('take an own secret of at least 32 bytes', async () => {
    const world = await aWorld();
    const { keys } = world.services;
    await expect(keys.createSigningKey(world.server().actor, { secret: 'x'.repeat(31) })).rejects.toMatchObject({
      details: { errors: [{ pointer: '/secret' }] },
    });
    const { key, secret } = await keys.createSigningKey(world.server().actor, { secret: 'é'.repeat(16) });
    expect(secret).toBe('é'.repeat(16));
    expect(key.material).not.toContain(secret);
  });

  it('are managed by the tenant’s own servers and operators', async () => {
    const world = await aWorld().withUsers(['ann']);
    expect(() => world.services.keys.listSigningKeys(world.as('ann').actor, { limit: 1 })).toThrow(
      expect.objectContaining({ code: 'forbidden' }),
    );
    await expect(world.services.keys.mintToken(world.as('ann').actor, { userId: 'ann' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(world.services.keys.mintToken(world.server().actor, { userId: 'ann' })).rejects.toMatchObject({ code: 'conflict' });
  });
});
