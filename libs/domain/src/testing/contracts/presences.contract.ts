import { expect, it } from 'vitest';
import { found, type Scene } from './scene.js';

/** What is kept of who was there, and who may know. */
export function presencesContract(scene: () => Promise<Scene>): void {
  it('begins with nothing, and keeps a wish until another one', async () => {
    const own = await scene();
    const [ann, bo] = await own.users('ann', 'bo');
    const of = () => own.read((tx) => tx.presences.of([found(bo).no, found(ann).no]));
    expect(await of()).toEqual([{ wish: 'online' }, { wish: 'online' }]);
    const away = await own.read((tx) => tx.presences.wish(found(ann).no, 'away'));
    expect(away).toMatchObject({ wish: 'away' });
    expect(away.changedAt).toBeInstanceOf(Date);
    expect(away.lastSeenAt).toBeUndefined();
    expect(await of()).toEqual([{ wish: 'online' }, away]);
    expect(await own.read((tx) => tx.presences.of([]))).toEqual([]);
  });

  it('notes when users were seen, never backwards, and nothing of one who hides', async () => {
    const own = await scene();
    const users = await own.users('ann', 'bo', 'cy');
    const [ann, bo, cy] = users.map(({ no }) => no) as [number, number, number];
    const [early, late] = [new Date('2026-01-01T00:00:00.000Z'), new Date('2026-01-02T00:00:00.000Z')];
    await own.read((tx) =>
      tx.presences.seen([
        { userNo: bo, at: late },
        { userNo: ann, at: late },
      ]),
    );
    const hidden = await own.read((tx) => tx.presences.wish(bo, 'invisible'));
    expect(hidden.lastSeenAt?.getTime()).toBe(hidden.changedAt?.getTime());
    await own.read((tx) =>
      tx.presences.seen([
        { userNo: ann, at: early },
        { userNo: bo, at: new Date(Date.now() + 3_600_000) },
        { userNo: cy, at: early },
      ]),
    );
    expect((await own.read((tx) => tx.presences.of([ann, bo, cy]))).map(({ lastSeenAt }) => lastSeenAt)).toEqual([
      late,
      hidden.lastSeenAt,
      early,
    ]);
    const offline = await own.read((tx) => tx.presences.wish(bo, 'offline'));
    const back = await own.read((tx) => tx.presences.wish(bo, 'online'));
    expect([offline.lastSeenAt, back.lastSeenAt]).toEqual([hidden.lastSeenAt, hidden.lastSeenAt]);
  });

  it('notes who is seen for the first time while it hides not at all', async () => {
    const own = await scene();
    const ann = await own.user('ann');
    const hidden = await own.read((tx) => tx.presences.wish(ann.no, 'invisible'));
    await own.read((tx) => tx.presences.seen([{ userNo: ann.no, at: new Date(Date.now() + 60_000) }]));
    expect((await own.read((tx) => tx.presences.of([ann.no])))[0]?.lastSeenAt).toEqual(hidden.lastSeenAt);
  });

  it('many are noted at once by several nodes', async () => {
    const own = await scene();
    const users = await own.users(...Array.from({ length: 200 }, (_, index) => `u${index}`));
    const at = new Date('2026-01-01T00:00:00.000Z');
    const entries = users.map(({ no }) => ({ userNo: no, at }));
    await Promise.all([entries, [...entries].reverse(), entries].map((some) => own.read((tx) => tx.presences.seen(some))));
    const records = await own.read((tx) => tx.presences.of(users.map(({ no }) => no)));
    expect(records.every(({ lastSeenAt }) => lastSeenAt?.getTime() === at.getTime())).toBe(true);
  });

  it('are visible to oneself and to who is in a room with one, while both are', async () => {
    const own = await scene();
    const users = await own.users('ann', 'bo', 'cy');
    const room = await own.group(users.slice(0, 2));
    const [ann, bo, cy] = users.map(({ no }) => no) as [number, number, number];
    const pairs = [
      [ann, bo],
      [bo, ann],
      [ann, cy],
      [cy, ann],
      [cy, cy],
    ].map(([viewerNo = 0, userNo = 0]) => ({ viewerNo, userNo }));
    const visible = () => own.read((tx) => tx.presences.areVisible(pairs));
    expect(await visible()).toEqual([true, true, false, false, true]);
    await own.change(room, [{ type: 'member.removed', userNo: bo }]);
    expect(await visible()).toEqual([false, false, false, false, true]);
    expect(await own.read((tx) => tx.presences.areVisible([]))).toEqual([]);
  });
}
