import fc from 'fast-check';
import { DomainError } from '../errors.js';
import type { RoomEvent } from '../events.js';
import type { UserId } from '../ids.js';
import type { Member } from '../members/member.js';
import type { Message } from '../messages/message.js';
import type { RoomInfo } from '../rooms/room.js';
import { fold, NOTHING_KNOWN, type FoldedRoom } from './room-fold.js';
import { aWorld, type World } from './world.js';

/** Zulip's rule: old state + events = fetched state, whatever happened and however the log was cut. */

const ROOM = 'crew';
const PEOPLE = ['ann', 'bo', 'cy', 'dan'] as const;
/** Who reads the log in slices while things happen; it may be put out and come back like everyone. */
const READER: UserId = 'bo';

const VERBS = [
  'send',
  'send',
  'send',
  'reply',
  'delete',
  'add',
  'remove',
  'leave',
  'ban',
  'unban',
  'mute',
  'unmute',
  'role',
  'rename',
  'nickname',
  'settings',
  'wait',
  'profile',
  'dissolve',
] as const;

export interface Action {
  readonly verb: (typeof VERBS)[number];
  readonly by: UserId;
  readonly target: UserId;
  readonly number: number;
}

export const anAction: fc.Arbitrary<Action> = fc.record({
  verb: fc.constantFrom(...VERBS),
  by: fc.constantFrom(...PEOPLE),
  target: fc.constantFrom(...PEOPLE),
  number: fc.nat(7),
});

/** What happens at once, and how much the reader reads after it. */
export interface Step {
  readonly actions: readonly Action[];
  readonly readUpTo: number;
}

export const aStory: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ actions: fc.array(anAction, { minLength: 1, maxLength: 3 }), readUpTo: fc.nat(4) }),
  { maxLength: 25, size: 'max' },
);

export interface FetchedRoom {
  readonly room: RoomInfo;
  readonly members: readonly Member[];
  readonly messages: readonly Message[];
}

export interface Told {
  readonly fetched: FetchedRoom;
  readonly events: readonly RoomEvent[];
  /** Of the whole log, read at the end. */
  readonly atOnce: FoldedRoom;
  /** Of the log in slices while it grew; absent when the reader was outside at the end. */
  readonly inSlices?: FoldedRoom;
}

/** Lets the story happen and tells what was fetched and what readers know. */
export async function tell(story: readonly Step[]): Promise<Told> {
  const world = await aWorld()
    .withSettings({ deleteWindowSeconds: 0 })
    .withGroup(ROOM, [...PEOPLE]);
  const reader = new SliceReader(world);
  for (const { actions, readUpTo } of story) {
    await Promise.all(actions.map((action) => attempt(world, action)));
    if (readUpTo > 0) await reader.read(readUpTo);
  }
  const isInside = await reader.readAll();
  const events = await world.events(ROOM);
  return {
    fetched: await fetched(world),
    events,
    atOnce: events.reduce(fold, NOTHING_KNOWN),
    inSlices: isInside ? reader.known : undefined,
  };
}

class SliceReader {
  known = NOTHING_KNOWN;

  constructor(private readonly world: World) {}

  /** The next slice; undefined when the room may not be read. */
  async read(limit: number): Promise<{ complete: boolean } | undefined> {
    const { rooms } = await this.world.as(READER).sync({ rooms: [{ roomId: ROOM, epoch: 1, afterPts: this.known.pts }] }, limit);
    const [slice] = rooms;
    if (!slice || !('events' in slice)) return undefined;
    this.known = slice.events.reduce(fold, this.known);
    if (slice.pts !== this.known.pts) throw new Error('a slice covers what it holds');
    return { complete: slice.complete };
  }

  async readAll(): Promise<boolean> {
    for (let slices = 0; slices < 1_000; slices += 1) {
      const slice = await this.read(3);
      if (!slice || slice.complete) return slice !== undefined;
    }
    throw new Error('the log does not end');
  }
}

/** Refusals are part of life; anything else is a bug. */
async function attempt(world: World, action: Action): Promise<void> {
  try {
    await act(world, action);
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind === 'internal') throw error;
  }
}

async function act(world: World, { verb, by, target, number }: Action): Promise<unknown> {
  const hand = world.as(by);
  switch (verb) {
    case 'send':
      return hand.send(ROOM, `text ${number}`);
    case 'reply':
      return hand.send(ROOM, { replyTo: await someMessage(world, number) });
    case 'delete':
      return hand.delete(ROOM, await someMessage(world, number), `reason ${number}`);
    case 'add':
      return (number < 4 ? world.server() : hand).add(ROOM, target);
    case 'remove':
      return hand.remove(ROOM, target);
    case 'leave':
      return hand.leave(ROOM, 'auto');
    case 'ban':
      return hand.ban(ROOM, target, { expiresInSeconds: number + 1, deleteMessages: number === 3 });
    case 'unban':
      return hand.unban(ROOM, target);
    case 'mute':
      return hand.mute(ROOM, target, number);
    case 'unmute':
      return hand.mute(ROOM, target, null);
    case 'role':
      return hand.setRole(ROOM, target, (['owner', 'admin', 'member'] as const)[number % 3] ?? 'member');
    case 'rename':
      return hand.update(ROOM, { name: number === 0 ? null : `name ${number}`, metadata: { number } });
    case 'nickname':
      return hand.change(ROOM, target, { name: number === 0 ? null : `nick ${number}` });
    case 'settings':
      return hand.settings(ROOM, number < 4 ? { muted: number === 1 } : { maxMembers: number });
    case 'wait':
      return world.clock.advance(number * 1_000);
    case 'profile':
      return world.services.users.updateMe(hand.actor, { metadata: { number } });
    case 'dissolve':
      return number === 0 ? world.operator().dissolve(ROOM) : undefined;
  }
}

async function someMessage(world: World, number: number): Promise<string> {
  const messages = await world.history(ROOM);
  return messages[number % Math.max(1, messages.length)]?.id ?? '01b80000-0000-7000-8000-000000000000';
}

async function fetched(world: World): Promise<FetchedRoom> {
  const { room } = await world.operator().room(ROOM);
  return { room, members: await world.operator().members(ROOM), messages: await world.history(ROOM) };
}
