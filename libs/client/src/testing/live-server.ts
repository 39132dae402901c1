import { DomainError, listedRooms, PageCursors, replayable, type SyncAnswer, type UserActor } from '@parley/domain';
import {
  aWorld,
  ACME,
  type EventRow,
  memberKey,
  type MemoryPorts,
  memoryPorts,
  positionKey,
  type UserEventRow,
  sendKey,
  World,
  type WorldBuilder,
} from '@parley/domain/testing';
import {
  type CommandSpec,
  type In,
  messageCommands,
  parseInput,
  presentMember,
  presentMessage,
  presentMessagePage,
  presentProblem,
  presentStartRooms,
  presentRoom,
  presentRoomEvent,
  presentSent,
  presentSync,
  presentUser,
  presentUserEvent,
  receiptCommands,
  type Resume,
  roomCommands,
  type RoomEnvelope,
  type SessionReady,
  type SyncAnswer as WireSync,
  syncCommands,
  type UserEnvelope,
} from '@parley/protocol';
import { ParleyError } from '../http.js';
import { type Line, LiveFanout } from './live-fanout.js';
import { ForgettingRoomLog, JoiningUserLog, type Pause, StoryClock } from './live-ports.js';

/** Few, so that differences and pages come in several parts. */
const SLICE = 6;
const MESSAGES_PAGE = 4;
const MEMBERS_PAGE = 2;
const SECONDS_MS = 5_000;

export interface Welcome {
  readonly missed: readonly (RoomEnvelope | UserEnvelope)[];
  readonly ready: SessionReady;
}

/**
 * The real use cases over the memory ports behind a socket door of one page: subscribe, heads, replay, commands. It dies and
 * comes back over the same data; what it kept in memory is gone then.
 */
export class LiveServer {
  /** Errors that are nobody's refusal. */
  readonly bugs: unknown[] = [];
  /** Refusals for the next sends, first one first. */
  readonly refusals: DomainError[] = [];
  fanout: LiveFanout = new LiveFanout(presentUserEvent);
  /** Everybody else acts through it, so that its relay tells what they did. */
  world: World;

  private constructor(
    private readonly ports: MemoryPorts<StoryClock> & { readonly roomLog: ForgettingRoomLog },
    private readonly pause: Pause,
  ) {
    this.world = this.newProcess();
  }

  static async open(pause: Pause, build: (world: WorldBuilder) => WorldBuilder): Promise<LiveServer> {
    const plain = memoryPorts({ clock: new StoryClock(pause) });
    const ports = { ...plain, roomLog: new ForgettingRoomLog(plain.db), userLog: new JoiningUserLog(plain.db) };
    await build(aWorld(ports as unknown as MemoryPorts).withSettings({ limits: { sendBurst: 1_000 }, deleteWindowSeconds: 0 }));
    return new LiveServer(ports, pause);
  }

  /** kill -9 and up again: caches, subscriptions and unsent heads are gone, the data is not. */
  restart(): void {
    this.world = this.newProcess();
  }

  private newProcess(): World {
    this.fanout = new LiveFanout(presentUserEvent);
    return new World({ ...this.ports, fanout: this.fanout } as unknown as MemoryPorts);
  }

  /** As after a restore: the last messages of a room never happened, and its epoch says so. Returns the `clientMessageId`s of what was lost. */
  loseTail(roomId: string, count: number): readonly string[] {
    const space = this.ports.db.space(ACME);
    const { roomNo } = this.world.roomKey(roomId);
    const lost: string[] = [];
    for (let left = count; left > 0; left -= 1) {
      const room = space.rooms.get(roomNo);
      const event = room && space.events.get(positionKey(roomNo, room.pts));
      if (!room || event?.data.kind !== 'message' || event.type !== 'message.created') break;
      const message = space.messages.get(event.data.messageId);
      if (!message) break;
      lost.push(message.clientMessageId);
      space.messages.delete(message.id);
      space.messageAt.delete(positionKey(roomNo, message.seq));
      space.sends.delete(sendKey(roomNo, message.senderNo, message.clientMessageId));
      space.events.delete(positionKey(roomNo, room.pts));
      space.rooms.set(roomNo, { ...room, pts: room.pts - 1, lastSeq: room.lastSeq - 1 });
    }
    const room = space.rooms.get(roomNo);
    if (room) space.rooms.set(roomNo, { ...room, epoch: room.epoch + 1 });
    for (const member of space.members.values().filter((row) => row.roomNo === roomNo)) {
      const lastSeq = room?.lastSeq ?? 0;
      const cursors = { readSeq: Math.min(member.readSeq, lastSeq), deliveredSeq: Math.min(member.deliveredSeq, lastSeq) };
      space.members.set(memberKey(roomNo, member.userNo), { ...member, ...cursors });
    }
    return lost;
  }

  /** From now on only what came after its present end can be read of this room's log. */
  forget(roomId: string): void {
    const { roomNo } = this.world.roomKey(roomId);
    this.ports.roomLog.floors.set(roomNo, this.ports.db.space(ACME).rooms.get(roomNo)?.pts ?? 0);
  }

  actor(userId: string): UserActor {
    return this.world.as(userId).actor;
  }

  line(userId: string, wire: Pick<Line, 'send' | 'head' | 'lose'>): Line {
    const actor = this.actor(userId);
    return { user: { tenantId: ACME, userNo: actor.user.no }, userPts: 0, ...wire };
  }

  /** As the real door does it: subscribed first, heads after. */
  async welcome(userId: string, line: Line, positions: Resume | undefined): Promise<Welcome> {
    const { world, fanout } = this;
    const { listen, sync, users } = world.services;
    const actor = this.actor(userId);
    fanout.add(line);
    const { start, behind } = await listen.toAll(actor, (room) => fanout.subscribe(line, room));
    await this.pause('subscribed');
    const { rooms, hasMore } = listedRooms(start);
    const all = Object.entries(positions?.rooms ?? {}).map(([roomId, afterPts]) => ({ roomId, afterPts }));
    const listed = rooms.map(({ id }) => id);
    const missed = positions && (await sync.replay(actor, { userPts: positions.userPts, rooms: replayable(all, listed) }, start, SLICE));
    await this.pause('heads');
    const whole = new Set((missed?.rooms ?? []).flatMap((room) => ('events' in room && room.complete ? [room.roomId] : [])));
    const incomplete = new Set([...behind, ...all.flatMap(({ roomId }) => (whole.has(roomId) ? [] : [roomId]))]);
    line.userPts = start.userPts;
    return {
      missed: [
        ...(missed?.user?.events ?? []).map(presentUserEvent),
        ...(missed?.rooms ?? []).flatMap((room) => ('events' in room ? room.events.map(presentRoomEvent) : [])),
      ],
      ready: {
        user: presentUser(await users.me(actor)),
        serverTime: this.ports.clock.now().toISOString(),
        features: [],
        userPts: start.userPts,
        unreadTotal: start.unreadTotal,
        rooms: presentStartRooms(rooms, incomplete),
        more: hasMore,
      },
    };
  }

  /** One command, refused as over the wire. */
  async command(userId: string, line: Line | undefined, spec: CommandSpec, input: unknown): Promise<unknown> {
    try {
      const parsed = parseInput(spec.input, input) as Record<string, unknown>;
      return await this.serve(this.actor(userId), line, spec.name, parsed);
    } catch (error) {
      if (!(error instanceof DomainError)) this.bugs.push(error);
      throw new ParleyError(presentProblem(error instanceof DomainError ? error : new DomainError('internal'), 'request'));
    }
  }

  private async serve(actor: UserActor, line: Line | undefined, name: string, input: Record<string, unknown>): Promise<unknown> {
    const { fanout, world } = this;
    const { services } = world;
    const { roomId } = input as { roomId: string };
    switch (name) {
      case messageCommands.send.name: {
        const refusal = this.refusals.shift();
        if (refusal) throw refusal;
        return presentSent(await services.messages.send(actor, input as In<typeof messageCommands.send>));
      }
      case messageCommands.list.name: {
        const { limit, ...window } = input as In<typeof messageCommands.list>;
        return presentMessagePage(await services.messages.list(actor, roomId, { ...window, limit: Math.min(limit, MESSAGES_PAGE) }));
      }
      case messageCommands.delete.name:
        return { message: presentMessage(await services.messages.delete(actor, roomId, String(input['messageId']))) };
      case receiptCommands.mark.name: {
        const { kind, seq } = input as In<typeof receiptCommands.mark>;
        return { ...(await services.receipts.mark(actor, roomId, kind, seq)) };
      }
      case syncCommands.sync.name:
        return this.sync(await services.sync.sync(actor, input as In<typeof syncCommands.sync>, SLICE));
      case roomCommands.get.name:
        return { room: presentRoom(await services.rooms.get(actor, roomId)) };
      case roomCommands.subscribe.name: {
        const view = await services.listen.toOne(actor, roomId, (room, isReader) => line && fanout.subscribe(line, room, isReader));
        await this.pause('subscribed');
        return { room: presentRoom(view) };
      }
      case roomCommands.unsubscribe.name:
        if (line) fanout.unsubscribe(line, world.roomKey(roomId));
        return {};
      case roomCommands.list.name: {
        const bound = new PageCursors(this.ports.cursors).bind(actor, 'room.list', {});
        const { limit, cursor } = input as In<typeof roomCommands.list>;
        return bound.page(await services.rooms.list(actor, {}, bound.request(limit, cursor)), presentRoom);
      }
      case roomCommands.members.name: {
        const bound = new PageCursors(this.ports.cursors).bind(actor, 'member.list', { roomId });
        const { limit, cursor } = input as In<typeof roomCommands.members>;
        return bound.page(await services.members.list(actor, roomId, bound.request(Math.min(limit, MEMBERS_PAGE), cursor)), presentMember);
      }
      default:
        throw new DomainError('not-found');
    }
  }

  private sync(answer: SyncAnswer): WireSync {
    const wire = presentSync(answer, '');
    return { ...wire, user: wire.user && { ...wire.user, events: (answer.user?.events ?? []).map(presentUserEvent) } };
  }

  /** The position before the user came in by this entry: its nth entry of the room is its nth joining. */
  private before(userNo: number, userPts: number, roomNo: number): number {
    const isEntry = (row: UserEventRow): boolean => row.type === 'room.entered' && row.userNo === userNo && row.userPts <= userPts;
    const entries = this.ports.db.space(ACME).userEvents.values().filter(isEntry);
    const nth = entries.filter(({ data }) => 'room' in data && data.room.no === roomNo).length;
    return (this.joins(roomNo, userNo)[nth - 1] ?? 1) - 1;
  }

  cameAfter(userId: string, { userPts, data }: UserEnvelope & { type: 'room.entered' }): number {
    return this.before(this.actor(userId).user.no, userPts, this.world.roomKey(data.room.id).roomNo);
  }

  private joins(roomNo: number, userNo: number): readonly number[] {
    const isJoin = ({ data, ...row }: EventRow): boolean =>
      row.roomNo === roomNo && row.type === 'member.joined' && data.kind === 'member' && data.member.userNo === userNo;
    const rows = this.ports.db.space(ACME).events.values().filter(isJoin);
    return rows.map(({ pts }) => pts).sort((a, b) => a - b);
  }

  /** What happens every few seconds: heads that changed, and cursors that waited for their second to pass. */
  beacon(): void {
    this.ports.clock.advance(SECONDS_MS);
    this.world.services.receipts.flush();
    this.fanout.beacon();
  }
}
