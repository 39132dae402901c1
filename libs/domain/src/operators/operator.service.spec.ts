import { describe, expect, it } from 'vitest';
import { aCall } from '../testing/builders.js';
import { aWorld, type World } from '../testing/world.js';
import { whyWeakPassword } from './operator.js';

const PASSWORD = 'correct horse battery';
const MAIL = 'root@example.org';

const withRoot = async () => {
  const world = await aWorld().withTenant('other');
  await world.services.operators.bootstrap(MAIL, aCall(), PASSWORD);
  return world;
};
const signIn = (world: World, password = PASSWORD, email = MAIL, ip = '10.0.0.1') =>
  world.services.operators.signIn(email, password, aCall({ ip }));
const rootActor = async (world: World) => (await world.services.operators.bySession((await signIn(world)).secret, aCall())).actor;

describe('the first operator', () => {
  it('is made once, owner of all, with a password to be changed', async () => {
    const world = await aWorld();
    const made = await world.services.operators.bootstrap('Root@Example.org', aCall());
    expect(made?.operator).toMatchObject({ email: MAIL, role: 'owner', mustChangePassword: true });
    expect(made?.password).toHaveLength(20);
    expect(await world.services.operators.bootstrap('two@example.org', aCall())).toBeUndefined();
    expect((await signIn(world, made?.password)).operator.id).toBe(made?.operator.id);
  });
});

describe('signing in', () => {
  it('is refused alike for a wrong password, an unknown account and a locked one', async () => {
    const world = await withRoot();
    const { operator } = await world.services.operators.create(await rootActor(world), { email: 'bo@example.org' });
    await world.services.operators.setDisabled(await rootActor(world), operator.id, true);
    const errors = await Promise.all(
      [signIn(world, 'wrong'), signIn(world, PASSWORD, 'nobody@example.org'), signIn(world, PASSWORD, 'bo@example.org')].map((trying) =>
        trying.catch((error: unknown) => error),
      ),
    );
    expect(errors[0]).toMatchObject({ code: 'unauthenticated' });
    expect(errors.slice(1)).toEqual([errors[0], errors[0]]);
  });

  it('is throttled per account after ten wrong ones, and opens again with time', async () => {
    const world = await withRoot();
    for (let n = 0; n < 10; n += 1)
      await expect(signIn(world, 'wrong', MAIL, `10.0.0.${n}`)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(signIn(world, PASSWORD, MAIL, '10.0.1.1')).rejects.toMatchObject({
      code: 'rate-limited',
      details: { retryAfterMs: 90_000 },
    });
    world.clock.advance(90_000);
    await signIn(world, PASSWORD, MAIL, '10.0.1.1');
  });

  it('is throttled per address whatever the account, and others are not hindered', async () => {
    const world = await withRoot();
    for (let n = 0; n < 10; n += 1)
      await expect(signIn(world, 'wrong', `u${n}@example.org`)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(signIn(world)).rejects.toMatchObject({ code: 'rate-limited' });
    await signIn(world, PASSWORD, MAIL, '10.0.0.2');
  });

  it('takes nothing for right ones', async () => {
    const world = await withRoot();
    for (let n = 0; n < 15; n += 1) await signIn(world);
  });
});

describe('a session', () => {
  it('ends after 15 idle minutes, and after eight hours in any case', async () => {
    const world = await withRoot();
    const { secret } = await signIn(world);
    const look = () => world.services.operators.bySession(secret, aCall());
    for (let minutes = 0; minutes < 470; minutes += 10) {
      world.clock.advance(10 * 60_000);
      expect((await look()).operator.email).toBe(MAIL);
    }
    world.clock.advance(10 * 60_000 + 1);
    await expect(look()).rejects.toMatchObject({ code: 'unauthenticated' });
    const idle = await signIn(world);
    world.clock.advance(15 * 60_000 + 1);
    await expect(world.services.operators.bySession(idle.secret, aCall())).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('ends with signing out, with a new password elsewhere, and with being locked out', async () => {
    const world = await withRoot();
    const { operators } = world.services;
    const [one, two] = [await signIn(world), await signIn(world)];
    await operators.signOut(one.session.id);
    await expect(operators.bySession(one.secret, aCall())).rejects.toMatchObject({ code: 'unauthenticated' });
    const { actor } = await operators.bySession(two.secret, aCall());
    const next = await operators.changePassword(actor, PASSWORD, 'another long sentence');
    expect(next.operator.mustChangePassword).toBe(false);
    await expect(operators.bySession(two.secret, aCall())).rejects.toMatchObject({ code: 'unauthenticated' });
    await operators.bySession(next.secret, aCall());
    await expect(signIn(world)).rejects.toMatchObject({ code: 'unauthenticated' });
    const bo = await operators.create(actor, { email: 'bo@example.org', role: 'admin' });
    const session = await signIn(world, bo.password, 'bo@example.org');
    await operators.setDisabled(actor, bo.operator.id, true);
    await expect(operators.bySession(session.secret, aCall())).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(operators.setDisabled(actor, actor.operatorId, true)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('changes a password only by the current one, to a strong and other one, and throttles guesses', async () => {
    const world = await withRoot();
    const actor = await rootActor(world);
    const change = (current: string, next: string) => world.services.operators.changePassword(actor, current, next);
    await expect(change('wrong', 'another long sentence')).rejects.toMatchObject({
      details: { errors: [{ pointer: '/currentPassword' }] },
    });
    await expect(change(PASSWORD, 'short')).rejects.toMatchObject({ details: { errors: [{ pointer: '/newPassword', code: 'weak' }] } });
    await expect(change(PASSWORD, PASSWORD)).rejects.toMatchObject({ details: { errors: [{ code: 'same' }] } });
    for (let n = 0; n < 9; n += 1)
      await expect(change('wrong', 'another long sentence')).rejects.toMatchObject({ code: 'validation-failed' });
    await expect(change(PASSWORD, 'another long sentence')).rejects.toMatchObject({ code: 'rate-limited' });
  });
});

describe('a personal access token', () => {
  it('is shown once, acts as its owner, ends with its time or by its owner', async () => {
    const world = await withRoot();
    const { operators } = world.services;
    const actor = await rootActor(world);
    const { token, secret } = await operators.createToken(actor, 'cli', 60);
    expect(secret).toMatch(/^pat_[A-Za-z0-9]{40}$/);
    expect((await operators.byToken(secret, aCall())).actor).toMatchObject({ operatorId: actor.operatorId, role: 'owner' });
    world.clock.advance(60_000);
    await expect(operators.byToken(secret, aCall())).rejects.toMatchObject({ code: 'token-invalid' });
    const lasting = await operators.createToken(actor, 'script');
    await operators.revokeToken(actor, lasting.token.id);
    await expect(operators.byToken(lasting.secret, aCall())).rejects.toMatchObject({ code: 'token-invalid' });
    await expect(operators.revokeToken(world.platform('owner', { operatorId: 'other' }), token.id)).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});

describe('roles', () => {
  it('of one tenant open that tenant and hide the others', async () => {
    const world = await withRoot();
    const { operators, tenants } = world.services;
    const { operator, password } = await operators.create(await rootActor(world), {
      email: 'bo@example.org',
      role: 'moderator',
      tenantId: 'acme',
    });
    expect(operator.role).toBeUndefined();
    const { actor } = await operators.bySession((await signIn(world, password, 'bo@example.org')).secret, aCall());
    expect(await operators.inTenant(actor, 'acme', 'moderator')).toMatchObject({ kind: 'operator', tenantId: 'acme', role: 'moderator' });
    await expect(operators.inTenant(actor, 'acme', 'admin')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(operators.inTenant(actor, 'other', 'viewer')).rejects.toMatchObject({ code: 'not-found' });
    await expect(operators.inTenant(actor, 'missing', 'viewer')).rejects.toMatchObject({ code: 'not-found' });
    expect((await tenants.list(actor, {}, { limit: 10 })).items.map(({ id }) => id)).toEqual(['acme']);
    await expect(tenants.get(actor, 'other')).rejects.toMatchObject({ code: 'not-found' });
    await expect(tenants.create(actor, { id: 'mine' })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('decide who makes operators and sees the audit', async () => {
    const world = await withRoot();
    const { operators, audit } = world.services;
    await expect(operators.create(world.platform('admin'), { email: 'x@example.org' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(operators.create(world.platform('owner'), { email: MAIL })).rejects.toMatchObject({ code: 'conflict' });
    expect(() => audit.ofPlatform(world.platform('viewer'), {}, { limit: 10 })).toThrow(expect.objectContaining({ code: 'forbidden' }));
    const { items } = await audit.ofPlatform(world.platform('admin'), {}, { limit: 10 });
    expect(items.map(({ action }) => action)).toEqual(['operator.bootstrap']);
  });

  it('recover from the machine itself', async () => {
    const world = await withRoot();
    const { secret } = await signIn(world);
    const { password } = await world.services.operators.recover(MAIL, aCall());
    await expect(world.services.operators.bySession(secret, aCall())).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await signIn(world, password)).operator.mustChangePassword).toBe(true);
    await expect(world.services.operators.recover('nobody@example.org', aCall())).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('weak passwords', () => {
  it.each([
    ['short', 'at least'],
    ['x'.repeat(257), 'at most'],
    ['my name is root!', 'mail address'],
    ['ababababababab', 'one character'],
  ])('%s', (password, reason) => {
    expect(whyWeakPassword(password, MAIL)).toContain(reason);
  });

  it('are not long ones', () => {
    expect(whyWeakPassword(PASSWORD, MAIL)).toBeUndefined();
  });
});
