import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RoomLog, Store, type TenantTx } from '@parley/domain';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser } from '../testing/socket-user.js';
import { until } from '../testing/until.js';

/** One round of the sweep, and what a busy machine adds. */
const SWEPT_MS = 8_000;

let server: MemoryServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnMemory();
});
beforeEach(async () => {
  scene = await aScene(server);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const store = (): Store => server.running.app.get(Store);
const inTenant = (change: (tx: TenantTx) => Promise<unknown>) => store().tenant(scene.tenantId, change);

/** Another node changed what is stored, and no word of it came (G11). */
const CHANGES: Readonly<Record<string, readonly [change: () => Promise<unknown>, told: string | undefined, next: string]>> = {
  'a deactivated user': [
    () => inTenant(async (tx) => tx.users.setDeactivated((await tx.users.byId('bo'))?.no ?? 0, true)),
    // Closed without a goodbye: it comes back, and is told then.
    undefined,
    'token-invalid',
  ],
  'a suspended tenant': [
    () => store().platform((tx) => tx.tenants.update(scene.tenantId, { status: 'suspended' })),
    'tenant-suspended',
    'tenant-suspended',
  ],
  'a revoked signing key': [() => inTenant((tx) => tx.keys.revokeSigningKey(scene.signingKeyId)), 'token-invalid', 'token-invalid'],
};

describe('what no message told of', () => {
  it.each(Object.entries(CHANGES))('%s is found by the sweep, and closes the connection', async (_, [change, told, next]) => {
    const [bo, zed] = [await SocketUser.enter(server.url, scene.member), await SocketUser.enter(server.url, scene.foreigner)];
    await change();
    await until('the end', () => bo.closed ?? bo.refusal, SWEPT_MS);
    if (told !== undefined) expect((await bo.see('session.ended')).code).toBe(told);
    expect((await SocketUser.refused(server.url, { auth: { token: scene.member } })).code).toBe(next);
    expect((await zed.ask('room.get', { roomId: 'zoo' })).ok).toBe(true);
    for (const user of [bo, zed]) user.leave();
  });
});

describe('what another node committed, and only the next of it was told', () => {
  it('is found by the sweep: the room is entered, once, and heard', async () => {
    const { tenantId } = scene;
    await server.seed.group(tenantId, 'den', ['ann']);
    const bo = await SocketUser.enter(server.url, scene.member);
    const [room, user] = await store().tenant(tenantId, async (tx) => [await tx.rooms.byId('den'), await tx.users.byId('bo')] as const);
    if (!room || !user) throw new Error('the scene lacks something');
    await server.running.app.get(RoomLog).change({
      room: { tenantId, roomNo: room.no, roomId: 'den' },
      by: { kind: 'system', id: 'elsewhere' },
      changes: [{ type: 'member.joined', userNo: user.no, role: 'member' }],
      tells: [{ userNo: user.no, type: 'room.entered' }],
    });
    await server.seed.group(tenantId, 'pen', ['ann', 'bo']);
    const entered = () => bo.all('room.entered').map(({ data }) => (data as { room?: { id: string } }).room?.id);
    await until('bo is told of both', () => entered().includes('den'), SWEPT_MS);
    await until(
      'bo hears',
      async () => {
        await server.seed.send(tenantId, 'ann', 'den', 'for bo too');
        return bo.texts.includes('for bo too');
      },
      SWEPT_MS,
    );
    expect(entered()).toEqual(['pen', 'den']);
    bo.leave();
  });
});
