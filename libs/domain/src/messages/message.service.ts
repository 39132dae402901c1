import { actorRef, type Actor, type UserActor } from '../actor.js';
import { auditOf, auditUnlessUser } from '../audit/audit.js';
import { DomainError, invalidField, notFound } from '../errors.js';
import type { MessageId, RoomId, UserId } from '../ids.js';
import { canonicalJson } from '../json.js';
import { limitsOf, type Tenant } from '../tenants/tenant.js';
import { capabilitiesOf, isStaff } from '../members/member.js';
import { requireUser } from '../members/member.service.js';
import { requireAuthority } from '../moderation/authority.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import { rateLimited, type RateLimiter } from '../ports/rate-limiter.js';
import {
  StaleFacts,
  type Mention,
  type MessageEntry,
  type MessagePage,
  type MessageWindow,
  type RoomLog,
  type SentMessage,
} from '../ports/room-log.js';
import type { RoomAccess, SendFacts, Store } from '../ports/store.js';
import type { RelayService } from '../relay/relay.service.js';
import { hiddenUpTo, readableRoom, standing } from '../rooms/access.js';
import { decideAndCommit } from '../rooms/retry.js';
import { personOf } from '../users/user.js';
import { isInsideDeleteWindow, MENTION_ALL, quoteText, type Message, type MessageDraft, type Quote } from './message.js';
import { SendFactsCache } from './send-facts.js';
import { whyMayNotSpeak } from './speaking.js';
import { Turns } from './turns.js';

const ATTEMPTS = 8;
/** What one ban with `deleteMessages` takes back at most in a room. */
const DELETE_ALL_MAX = 1_000;

/** Saying, reading and taking back. */
export class MessageService {
  private readonly facts: SendFactsCache;
  private readonly turns = new Turns();
  /** Of those whose facts turned out to be stale. */
  private readonly again = new Turns();

  constructor(
    private readonly store: Store,
    private readonly log: RoomLog,
    private readonly relay: RelayService,
    private readonly limiter: RateLimiter,
    private readonly random: Random,
    private readonly clock: Clock,
  ) {
    this.facts = new SendFactsCache(store);
  }

  /** Accepts a message once, however often the client repeats it. Resolves when it can no longer be lost. */
  async send(actor: Actor, draft: MessageDraft): Promise<SentMessage> {
    requireUser(actor);
    const sender = actor as UserActor;
    const canonical = canonicalJson(draft);
    return this.turns.take(
      turnOf(sender, draft),
      () => this.prepare(sender, draft, canonical, this.facts.remembered(actor.tenantId, draft.roomId, sender.user.no)),
      (prepared) => this.commit(sender, draft, canonical, prepared),
    );
  }

  /** An operator speaks as a user of the tenant; the audit row comes first, or nothing is said. */
  async sendAs(actor: Actor, userId: UserId, draft: MessageDraft): Promise<SentMessage> {
    requireAuthority(actor);
    const user = await this.store.tenant(actor.tenantId, async (tx) => {
      const user = await tx.users.byId(userId);
      if (!user || user.deactivatedAt) throw notFound('no such user');
      await tx.audit.append(auditOf(actor, 'message.send-as', { kind: 'user', id: userId }, { roomId: draft.roomId }));
      return user;
    });
    return this.send({ kind: 'user', tenantId: actor.tenantId, user: personOf(user), call: actor.call }, draft);
  }

  /** Decides on the facts at hand; whoever would be refused on remembered ones is judged again on fresh ones. */
  private async prepare(
    actor: UserActor,
    draft: MessageDraft,
    canonical: string,
    remembered: SendFacts | undefined,
  ): Promise<MessageEntry | SentMessage> {
    const now = this.clock.now();
    // No version covers the peer of a direct room, its wishes and whether it is still there: those are read anew.
    const isUsable = remembered !== undefined && remembered.room.kind !== 'direct' && whyMayNotSpeak(remembered, now) === undefined;
    const facts = isUsable ? remembered : await this.facts.fresh(actor.tenantId, draft.roomId, actor.user.no);
    const refusal = whyMayNotSpeak(facts, now) ?? (facts && (await this.whyTooMuch(actor, draft, facts.tenant)));
    if (refusal || !facts) return this.answerRepeatOr(refusal ?? notFound(), actor, draft, canonical, facts);
    try {
      return await this.entryOf(actor, draft, canonical, facts);
    } catch (error) {
      // A log that does not answer would be asked, and waited for, once more (G21).
      if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error;
      return this.answerRepeatOr(error, actor, draft, canonical, facts);
    }
  }

  /** Behind those that decide anew, or else at once. */
  private commit(actor: UserActor, draft: MessageDraft, canonical: string, prepared: MessageEntry | SentMessage): Promise<SentMessage> {
    const key = turnOf(actor, draft);
    const attempt = (entry: MessageEntry | SentMessage): Promise<SentMessage> => this.attempt(actor, draft, canonical, entry, ATTEMPTS);
    return this.again.isBusy(key) ? this.again.take(key, () => Promise.resolve(prepared), attempt) : attempt(prepared);
  }

  /** On stale facts the decision is made anew, in turn: messages that were refused together keep their order. */
  private async attempt(
    actor: UserActor,
    draft: MessageDraft,
    canonical: string,
    prepared: MessageEntry | SentMessage,
    left: number,
  ): Promise<SentMessage> {
    if (!('facts' in prepared)) return prepared;
    try {
      const sent = await this.log.append(prepared);
      this.relay.publish(sent.appended);
      // The first answer never came: perhaps nobody was told either.
      if (sent.deduplicated) void this.relay.reach(prepared.room, sent.message.pts);
      return sent;
    } catch (error) {
      if (!(error instanceof StaleFacts)) throw error;
    }
    if (left <= 1) throw new DomainError('unavailable', { detail: 'the room is changing too fast', retryAfterMs: 1_000 });
    return this.again.take(
      turnOf(actor, draft),
      () => this.prepare(actor, draft, canonical, undefined),
      (entry) => this.attempt(actor, draft, canonical, entry, left - 1),
    );
  }

  /** A send that was committed stays answered, whatever came after (G2). */
  private async answerRepeatOr(
    refusal: DomainError,
    actor: UserActor,
    draft: MessageDraft,
    canonical: string,
    facts: SendFacts | undefined,
  ): Promise<SentMessage> {
    if (!facts?.member) throw refusal;
    const room = { tenantId: actor.tenantId, roomNo: facts.room.no };
    const earlier = await this.log.earlierSend(room, actor.user.no, draft.clientMessageId, canonical);
    if (!earlier) throw refusal;
    if (!earlier.isSameDraft) throw new DomainError('idempotency-conflict');
    return { message: earlier.message, deduplicated: true, appended: { events: [], userEvents: [] } };
  }

  private async whyTooMuch(actor: UserActor, draft: MessageDraft, tenant: Tenant): Promise<DomainError | undefined> {
    const limits = limitsOf(tenant);
    const tooLong = draft.text.length > limits.textLength && codePoints(draft.text) > limits.textLength;
    if (tooLong) return invalidField('/text', `at most ${limits.textLength} characters`, 'too-long');
    if ((draft.mentions?.length ?? 0) > limits.mentions) return invalidField('/mentions', `at most ${limits.mentions}`, 'too-many');
    const rate = { burst: limits.sendBurst, perSecond: limits.sendsPerSecond };
    const bucket = `send/${actor.tenantId}/${actor.user.no}`;
    const wait = await this.limiter.take(bucket, rate);
    return wait === undefined ? undefined : rateLimited({ bucket, rate }, wait);
  }

  private async entryOf(actor: UserActor, draft: MessageDraft, canonical: string, facts: SendFacts): Promise<MessageEntry> {
    const { room, sender, tenant } = facts;
    const hidden = hiddenPeer(facts);
    return {
      room: { tenantId: actor.tenantId, roomNo: room.no, roomId: room.id },
      facts: { tenant: tenant.version, room: room.version, sender: sender.version },
      message: {
        id: this.random.uuid(),
        sender: { no: sender.no, id: sender.id, name: sender.name, image: sender.image },
        clientMessageId: draft.clientMessageId,
        draft: canonical,
        type: draft.type,
        text: draft.text,
        mentions: draft.mentions?.length ? await this.resolveMentions(actor, draft.mentions, facts) : [],
        replyTo: draft.replyTo === undefined ? undefined : await this.quote(actor, room.no, draft.replyTo, facts),
        metadata: draft.metadata ?? {},
      },
      ...(hidden === undefined ? {} : { tellsIfFirst: [{ userNo: hidden, type: 'room.entered' }] }),
    };
  }

  private async resolveMentions(actor: UserActor, mentions: readonly string[], facts: SendFacts): Promise<readonly Mention[]> {
    const ids = [...new Set(mentions)];
    if (ids.includes(MENTION_ALL) && !(facts.member && isStaff(facts.member.role))) {
      throw new DomainError('forbidden', { detail: 'only owners and admins mention everyone' });
    }
    const users = await this.store.tenant(actor.tenantId, (tx) => tx.users.byIds(ids.filter((id) => id !== MENTION_ALL)));
    const byId = new Map(users.map(({ id, no }) => [id, no]));
    return ids.map((id, index) => {
      const no = id === MENTION_ALL ? 0 : byId.get(id);
      if (no === undefined) throw invalidField(`/mentions/${index}`, 'no such user', 'not-found');
      return { id, no };
    });
  }

  private async quote(actor: UserActor, roomNo: number, messageId: MessageId, facts: SendFacts): Promise<Quote> {
    const target = await this.log.message({ tenantId: actor.tenantId, roomNo }, messageId);
    if (!target || target.seq <= hiddenUpTo(facts).seq) throw notFound('the message replied to was not found in this room');
    return quoteOf(target);
  }

  /** Messages as they are today, ascending by seq. */
  async list(actor: Actor, roomId: RoomId, window: Omit<MessageWindow, 'floorSeq'>): Promise<MessagePage> {
    const access = await this.readable(actor, roomId);
    return this.log.messages({ tenantId: actor.tenantId, roomNo: access.room.no }, { ...window, floorSeq: hiddenUpTo(access).seq });
  }

  async get(actor: Actor, roomId: RoomId, messageId: MessageId): Promise<Message> {
    const access = await this.readable(actor, roomId);
    const message = await this.log.message({ tenantId: actor.tenantId, roomNo: access.room.no }, messageId);
    if (!message || message.seq <= hiddenUpTo(access).seq) throw notFound();
    return message;
  }

  /** For everyone: content gone, a tombstone stays. Senders inside the tenant's window, staff any time (D2). A repeat is no error. */
  async delete(actor: Actor, roomId: RoomId, messageId: MessageId, reason?: string): Promise<Message> {
    await decideAndCommit(async () => {
      const access = await this.readable(actor, roomId);
      const key = { tenantId: actor.tenantId, roomNo: access.room.no };
      const message = await this.log.message(key, messageId);
      if (!message || message.seq <= hiddenUpTo(access).seq) throw notFound();
      if (message.deleted) return;
      await this.requireMayDelete(actor, access, message);
      this.relay.publish(
        await this.log.change({
          room: { ...key, roomId },
          roomVersion: access.room.version,
          by: actorRef(actor),
          changes: [{ type: 'message.deleted', messageId, reason }],
          audit: auditUnlessUser(actor, 'message.delete', { kind: 'message', id: messageId }, { roomId }),
        }),
      );
    });
    return this.get(actor, roomId, messageId);
  }

  /** Takes back what one user said in a room, newest first, up to a bound. The caller has decided that it may. */
  async deleteAllOf(actor: Actor, access: RoomAccess, userNo: number, reason: string | undefined): Promise<number> {
    const key = { tenantId: actor.tenantId, roomNo: access.room.no };
    const ids = await this.log.messageIdsOf(key, userNo, DELETE_ALL_MAX);
    if (ids.length === 0) return 0;
    this.relay.publish(
      await this.log.change({
        room: { ...key, roomId: access.room.id },
        by: actorRef(actor),
        changes: ids.map((messageId) => ({ type: 'message.deleted', messageId, reason })),
        audit: auditUnlessUser(actor, 'message.delete-all', { kind: 'room', id: access.room.id }, { count: ids.length }),
      }),
    );
    return ids.length;
  }

  private async requireMayDelete(actor: Actor, access: RoomAccess, message: Message): Promise<void> {
    const member = standing(actor, access);
    if (!member || capabilitiesOf(member.role, access.room.settings).includes('message.delete-any')) return;
    if (message.sender.no !== member.user.no) throw new DomainError('forbidden');
    const tenant = await this.store.tenant(actor.tenantId, (tx) => tx.tenant.get());
    if (!tenant || !isInsideDeleteWindow(message, tenant.settings.deleteWindowSeconds, this.clock.now())) {
      throw new DomainError('forbidden', { detail: 'the time to take this message back is over' });
    }
  }

  private readable(actor: Actor, roomId: RoomId): Promise<RoomAccess> {
    return this.store.tenant(actor.tenantId, (tx) => readableRoom(tx, actor, roomId, this.clock.now()));
  }
}

const turnOf = (actor: UserActor, draft: MessageDraft): string => `${actor.tenantId}/${actor.user.no}/${draft.roomId}`;

/** In a direct room without messages: the one who did not open it and does not list it yet. */
function hiddenPeer({ room }: SendFacts): number | undefined {
  return room.pair && room.lastSeq === 0 ? room.pair.find((no) => no !== room.createdBy?.no) : undefined;
}

export function quoteOf(target: Message): Quote {
  const { id, seq, sender, text, deleted } = target;
  return { messageId: id, seq, sender, deleted: deleted !== undefined, ...(text === undefined ? {} : { text: quoteText(text) }) };
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
