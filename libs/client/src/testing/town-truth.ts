import type { Message } from '@parley/domain';
import { presentMember, presentMessage, presentRoom, type Room } from '@parley/protocol';
import { expect } from 'vitest';
import { type Device, ME, OPENED, ROOMS, type RoomName, type Said, type Town } from './town.js';

/** What must be true of a town where nothing is on its way any more. */
export async function expectTruth(town: Town): Promise<void> {
  expect(town.server.bugs).toEqual([]);
  for (const device of town.devices) {
    expect([...device.complaints, ...device.witness.complaints]).toEqual([]);
    expect([device.name, device.client.state]).toEqual([device.name, 'online']);
    for (const roomId of ROOMS) if (await town.isInside(roomId)) await expectWholeLog(town, device, roomId);
    for (const roomId of OPENED) if (await town.isInside(roomId)) await expectTrueState(town, device, roomId);
    await expectNothingWaits(town, device);
  }
  for (const roomId of ROOMS) await expectSaidOnce(town, roomId);
}

/** The app was told each event once and in order, from its start up to the head: exactly what the log shows this user. */
async function expectWholeLog(town: Town, device: Device, roomId: RoomName): Promise<void> {
  const { start, events } = device.witness.of(roomId);
  if (start === undefined) return;
  const { world } = town.server;
  const log = await world.events(roomId);
  const where = `${device.name} ${roomId}`;
  expect([where, events.map(({ pts, id }) => `${pts} ${id}`)]).toEqual([where, log.slice(start).map(({ pts, id }) => `${pts} ${id}`)]);
}

/** Fetched state = fold of events, as far as it is loaded. */
async function expectTrueState(town: Town, device: Device, roomId: RoomName): Promise<void> {
  const { world } = town.server;
  const hand = world.as(ME);
  const { state } = device.client.room(roomId);
  const where = `${device.name} ${roomId}`;
  const messages = (await hand.history(roomId)).map(presentMessage);
  const members = (await hand.members(roomId)).map(presentMember);
  const view = presentRoom(await hand.room(roomId));
  expect([where, state.status, state.pts, state.epoch]).toEqual([where, 'ready', view.pts, view.epoch]);
  const firstSeq = state.messages[0]?.seq ?? Infinity;
  expect([where, state.messages]).toEqual([where, messages.filter(({ seq }) => seq >= firstSeq)]);
  if (!state.hasMoreBefore) expect([where, state.messages.length]).toEqual([where, messages.length]);
  const byId = new Map(members.map((member) => [member.userId, member]));
  for (const [userId, member] of state.members) expect([where, userId, member]).toEqual([where, userId, byId.get(userId)]);
  if (state.hasAllMembers) expect([where, state.members.size]).toEqual([where, members.length]);
  expect([where, state.room && summary(state.room)]).toEqual([where, summary(view)]);
}

const summary = ({ id, name, epoch, pts, memberCount, lastSeq, lastMessage, me, settings, dissolvedAt }: Room): unknown => ({
  ...{ id, name, epoch, pts, memberCount, lastSeq, lastMessage, settings, dissolvedAt },
  me: me && { role: me.role, readSeq: me.readSeq, unread: me.unread, mutedUntil: me.mutedUntil },
});

/** Asked for after all else: listing the rooms tells their heads, and would heal what went wrong before. */
export async function expectTrueLists(town: Town): Promise<void> {
  for (const device of town.devices) await expectTrueList(town, device);
}

async function expectTrueList(town: Town, device: Device): Promise<void> {
  const shown = device.client.rooms.getSnapshot().rooms;
  const truth: unknown[] = [];
  for (const roomId of ROOMS)
    if (await town.isInside(roomId)) truth.push(summary(presentRoom(await town.server.world.as(ME).room(roomId))));
  const byId = (a: { id: string }, b: { id: string }): number => a.id.localeCompare(b.id);
  expect([device.name, [...shown].sort(byId).map(summary)]).toEqual([device.name, (truth as { id: string }[]).sort(byId)]);
}

/** Nothing is stuck: what still lies in the outbox was refused for good, and the app can see why. */
async function expectNothingWaits(town: Town, device: Device): Promise<void> {
  const left = await device.storage.load();
  for (const { clientMessageId } of left) town.refused.add(clientMessageId);
  for (const roomId of OPENED) {
    const shown = device.client.room(roomId).state.pending.map(({ clientMessageId }) => clientMessageId);
    const kept = left.filter((entry) => entry.roomId === roomId).map(({ clientMessageId }) => clientMessageId);
    expect([device.name, roomId, [...shown].sort()]).toEqual([device.name, roomId, [...kept].sort()]);
  }
  expect([device.name, left.filter(({ status, problem }) => status !== 'failed' || !problem)]).toEqual([device.name, []]);
}

/** Each message said is stored once, unless it was refused; in the order its device said them; and its promise told the truth. */
async function expectSaidOnce(town: Town, roomId: RoomName): Promise<void> {
  const events = await town.server.world.events(roomId);
  const stored = events.flatMap((event) =>
    event.type === 'message.created' && event.data.message.sender.id === ME ? [event.data.message] : [],
  );
  const said = town.said.filter((record) => record.roomId === roomId);
  for (const record of said) expectTold(town, record, stored);
  for (const { name } of town.devices) {
    const own = said.filter(({ device }) => device === name).map(({ clientMessageId }) => clientMessageId);
    const order = stored.map(({ clientMessageId }) => clientMessageId).filter((id) => own.includes(id));
    expect([name, roomId, order]).toEqual([name, roomId, own.filter((id) => order.includes(id))]);
  }
}

function expectTold(town: Town, { clientMessageId, text, message, refusedWith, isForgotten }: Said, stored: readonly Message[]): void {
  const ids = stored.filter((one) => one.clientMessageId === clientMessageId).map(({ id }) => id);
  expect([text, ids.length <= 1]).toEqual([text, true]);
  if (isForgotten || town.lost.has(clientMessageId)) return;
  if (message) return expect([text, ids]).toEqual([text, [message.id]]);
  const isRefused = refusedWith !== undefined && refusedWith !== 'unavailable';
  if (!isRefused && !town.refused.has(clientMessageId)) expect([text, ids.length, refusedWith]).toEqual([text, 1, refusedWith]);
}
