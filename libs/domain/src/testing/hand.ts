import type { Actor } from '../actor.js';
import type { MessageId, RoomId, UserId } from '../ids.js';
import type { Member, Role } from '../members/member.js';
import type { MemberPatch } from '../members/member.service.js';
import type { Message, MessageDraft } from '../messages/message.js';
import type { BanRequest } from '../moderation/ban.service.js';
import type { SentMessage } from '../ports/room-log.js';
import type { RoomProfile, RoomSettings } from '../rooms/room.js';
import type { SyncRequest } from '../sync/sync.js';
import { aDraft } from './builders.js';
import type { Services } from './services.js';

const EVERYTHING = { limit: 100 };

/** One caller with everything it can do, in short words. */
export class Hand<A extends Actor = Actor> {
  constructor(
    readonly actor: A,
    private readonly services: Services,
  ) {}

  /** The same caller with an `Idempotency-Key`. */
  withKey(idempotencyKey: string): Hand<A> {
    return new Hand({ ...this.actor, call: { ...this.actor.call, idempotencyKey } }, this.services);
  }

  /** As the ack tells it: the message and whether it was known already. */
  async send(roomId: RoomId, draft: Partial<MessageDraft> | string = {}): Promise<Pick<SentMessage, 'message' | 'deduplicated'>> {
    const { message, deduplicated } = await this.services.messages.send(
      this.actor,
      aDraft(roomId, typeof draft === 'string' ? { text: draft } : draft),
    );
    return { message, deduplicated };
  }

  delete(roomId: RoomId, messageId: MessageId, reason?: string): Promise<Message> {
    return this.services.messages.delete(this.actor, roomId, messageId, reason);
  }

  async history(roomId: RoomId): Promise<readonly Message[]> {
    return (await this.services.messages.list(this.actor, roomId, EVERYTHING)).items;
  }

  create(roomId: RoomId, members: readonly UserId[] = [], settings: Partial<RoomSettings> = {}) {
    return this.services.rooms.create(this.actor, { id: roomId, kind: 'group', name: roomId, members, settings });
  }

  createChannel(roomId: RoomId, settings: Partial<RoomSettings> = {}) {
    return this.services.rooms.create(this.actor, { id: roomId, kind: 'channel', name: roomId, settings });
  }

  direct(peerId: UserId) {
    return this.services.rooms.direct(this.actor, peerId);
  }

  room(roomId: RoomId) {
    return this.services.rooms.get(this.actor, roomId);
  }

  async rooms(): Promise<readonly RoomId[]> {
    return (await this.services.rooms.list(this.actor, {}, EVERYTHING)).items.map(({ room }) => room.id);
  }

  update(roomId: RoomId, patch: RoomProfile) {
    return this.services.rooms.update(this.actor, roomId, patch);
  }

  settings(roomId: RoomId, settings: Partial<RoomSettings>) {
    return this.update(roomId, { settings });
  }

  dissolve(roomId: RoomId) {
    return this.services.rooms.dissolve(this.actor, roomId);
  }

  add(roomId: RoomId, ...userIds: UserId[]) {
    return this.services.members.add(this.actor, roomId, userIds);
  }

  join(roomId: RoomId) {
    return this.services.members.join(this.actor, roomId);
  }

  async leave(roomId: RoomId, transferTo?: UserId | 'auto') {
    return this.services.members.remove(this.actor, roomId, this.ownId(), transferTo);
  }

  remove(roomId: RoomId, userId: UserId) {
    return this.services.members.remove(this.actor, roomId, userId);
  }

  change(roomId: RoomId, userId: UserId, patch: MemberPatch) {
    return this.services.members.update(this.actor, roomId, userId, patch);
  }

  setRole(roomId: RoomId, userId: UserId, role: Role) {
    return this.change(roomId, userId, { role });
  }

  /** 0 = until lifted, null = may speak again. */
  mute(roomId: RoomId, userId: UserId, muteSeconds: number | null = 0) {
    return this.change(roomId, userId, { muteSeconds });
  }

  async members(roomId: RoomId): Promise<readonly Member[]> {
    return (await this.services.members.list(this.actor, roomId, EVERYTHING)).items;
  }

  ban(roomId: RoomId, userId: UserId, request: Omit<BanRequest, 'userId'> = {}) {
    return this.services.bans.banFromRoom(this.actor, roomId, { userId, ...request });
  }

  unban(roomId: RoomId, userId: UserId) {
    return this.services.bans.liftFromRoom(this.actor, roomId, userId);
  }

  banFromTenant(userId: UserId, request: Omit<BanRequest, 'userId'> = {}) {
    return this.services.bans.banFromTenant(this.actor, { userId, ...request });
  }

  unbanFromTenant(userId: UserId) {
    return this.services.bans.liftFromTenant(this.actor, userId);
  }

  read(roomId: RoomId, seq: number) {
    return this.services.receipts.mark(this.actor, roomId, 'read', seq);
  }

  deliver(roomId: RoomId, seq: number) {
    return this.services.receipts.mark(this.actor, roomId, 'delivered', seq);
  }

  sync(request: SyncRequest, budget?: number) {
    return this.services.sync.sync(this.actor, request, budget);
  }

  private ownId(): UserId {
    if (this.actor.kind !== 'user') throw new Error('only a user leaves');
    return this.actor.user.id;
  }
}
