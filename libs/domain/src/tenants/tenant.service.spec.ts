import { describe, expect, it } from 'vitest';
import { aWorld } from '../testing/world.js';

describe('tenants', () => {
  it('begin with the defaults and what is asked for', async () => {
    const world = await aWorld();
    const tenant = await world.services.tenants.create(world.platform('admin'), { id: 'new', settings: { firstSight: false } });
    expect(tenant).toMatchObject({ id: 'new', name: 'new', status: 'active', settings: { firstSight: false, dmPolicy: 'privacy' } });
    await expect(world.services.tenants.create(world.platform(), { id: 'new' })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('keep limits inside the hard caps', async () => {
    const world = await aWorld();
    const update = (limits: object) => world.services.tenants.update(world.platform(), 'acme', { settings: { limits } });
    await expect(update({ textLength: 40_001 })).rejects.toMatchObject({
      details: { errors: [{ pointer: '/settings/limits/textLength' }] },
    });
    await expect(update({ sendBurst: 0 })).rejects.toMatchObject({ code: 'validation-failed' });
    expect((await update({ textLength: 10 })).settings.limits).toEqual({ textLength: 10 });
  });

  it('change what is named and keep the rest', async () => {
    const world = await aWorld().withSettings({ deleteWindowSeconds: 7 });
    const updated = await world.services.tenants.update(world.platform(), 'acme', { name: 'Acme', settings: { dmPolicy: 'open' } });
    expect(updated).toMatchObject({ name: 'Acme', settings: { dmPolicy: 'open', deleteWindowSeconds: 7 } });
  });

  it('that are suspended lose their sockets and nothing else', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    await world.as('ann').send('crew');
    await expect(world.services.tenants.setStatus(world.platform('moderator'), 'acme', 'suspended')).rejects.toMatchObject({
      code: 'forbidden',
    });
    await world.services.tenants.setStatus(world.platform(), 'acme', 'suspended');
    expect(world.fanout.disconnects).toEqual([{ tenantId: 'acme', reason: 'tenant-suspended' }]);
    const { tenant, figures } = await world.services.tenants.get(world.platform('viewer'), 'acme');
    expect([tenant.status, figures.messages]).toEqual(['suspended', 1]);
    await world.services.tenants.setStatus(world.platform(), 'acme', 'active');
    await world.reconnect('ann');
    await world.as('ann').send('crew', 'back');
    expect(world.seenBy('ann').at(-1)).toMatchObject({ data: { message: { text: 'back' } } });
  });

  it('leave a trace of each act', async () => {
    const world = await aWorld();
    await world.services.tenants.create(world.platform(), { id: 'new' });
    await world.services.tenants.setStatus(world.platform(), 'new', 'suspended');
    await expect(world.services.tenants.setStatus(world.platform(), 'missing', 'suspended')).rejects.toMatchObject({ code: 'not-found' });
    const { items } = await world.services.audit.ofPlatform(world.platform(), {}, { limit: 10 });
    expect(items.map(({ action }) => action)).toEqual(['tenant.suspend', 'tenant.create']);
  });

  it('sum up to the figures of the installation', async () => {
    const world = await aWorld().withTenant('other').withGroup('crew', ['ann', 'bo']).withGroup('crew', ['ann'], {}, 'other');
    await world.as('ann').send('crew');
    expect(await world.services.tenants.figures(world.platform('viewer'))).toEqual({
      tenants: 2,
      suspendedTenants: 0,
      totals: { users: 3, rooms: 2, messages: 1, bans: 0 },
    });
  });
});
