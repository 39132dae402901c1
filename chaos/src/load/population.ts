import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Canaries } from './canaries.ts';
import { ChatUser } from './chat-user.ts';
import { Speaker, type Outcome, type Said } from './speaker.ts';
import { RestApi, TenantApi } from './tenant-api.ts';
import type { Recorder } from '../checks/recorder.ts';
import type { Random } from '../random.ts';
import { until } from '../server/processes.ts';

export interface Size {
  readonly rooms: number;
  /** Per tenant. */
  readonly users: number;
  readonly roomsPerUser: number;
}

export const TENANTS = ['alpha', 'beta'] as const;
const CONNECTED_MS = 20_000;
const KEPT_MESSAGES = 20;
/** A client that comes and goes leaves polling sessions behind until their ping times out. How many there may be is not the matter here. */
const SOCKETS = 500;
/** Some faults need a flood of bytes. */
const TEXT_LENGTH = 40_000;
const READMIT_MS = 300;

/** A person with a device: who it is, the client of the moment, and what was said lately. */
export interface Person {
  readonly api: TenantApi;
  readonly userId: string;
  token: string;
  readonly url: string;
  readonly isPolling: boolean;
  readonly isOnLine: boolean;
  readonly rooms: Map<string, 'in' | 'out' | 'moving'>;
  user: ChatUser;
  speaker: Speaker;
  generation: number;
  readonly said: Said[];
}

interface Where {
  /** For the tenants' own servers and everything that judges. */
  readonly url: string;
  /** Half of the clients come this way. */
  readonly proxyUrl: string;
  readonly operatorToken: string;
}

/** Two tenants with rooms and users of the same ids, each user with one stock client. */
export class Population {
  readonly outcomes: Outcome[] = [];
  readonly people: Person[] = [];
  readonly apis: TenantApi[] = [];
  readonly canaries: Canaries;
  readonly roomIds: string[];
  /** Clients that were refused for good, or sent back to the start. */
  readonly troubles: string[] = [];
  /** Tokens that were refused and replaced. */
  refreshed = 0;
  private readonly recorder: Recorder;
  private readonly retired: ChatUser[] = [];

  private constructor(recorder: Recorder, size: Size) {
    this.recorder = recorder;
    this.canaries = new Canaries(recorder, TENANTS, randomBytes(6).toString('hex'));
    this.roomIds = Array.from({ length: size.rooms }, (_, index) => `r${index}`);
  }

  static async settle(where: Where, size: Size, recorder: Recorder, random: Random): Promise<Population> {
    const population = new Population(recorder, size);
    const operator = new RestApi(where.url, where.operatorToken);
    for (const tenantId of TENANTS) await population.found(tenantId, operator, where, size, random);
    await population.untilConnected(CONNECTED_MS);
    return population;
  }

  private async found(tenantId: string, operator: RestApi, where: Where, size: Size, random: Random): Promise<void> {
    await operator.must('POST', '/v1/admin/tenants', {
      id: tenantId,
      name: tenantId,
      settings: { limits: { socketsPerUser: SOCKETS, textLength: TEXT_LENGTH } },
    });
    const { secret } = await operator.must<{ readonly secret: string }>('POST', `/v1/admin/tenants/${tenantId}/keys`, { name: 'chaos' });
    await operator.must('POST', `/v1/admin/tenants/${tenantId}/signing-keys`, {});
    const api = new TenantApi(where.url, secret, tenantId);
    this.apis.push(api);
    const ids = Array.from({ length: size.users }, (_, index) => `u${index}`);
    const rooms = new Map(ids.map((id) => [id, random.shuffled(this.roomIds).slice(0, size.roomsPerUser)]));
    for (const [index, userId] of ids.entries()) {
      const token = await api.token(userId);
      const own = new Map((rooms.get(userId) ?? []).map((roomId) => [roomId, 'in' as const]));
      const isOnLine = index % 4 >= 2;
      const url = isOnLine ? where.proxyUrl : where.url;
      this.people.push(this.personOf({ api, userId, token, url, isOnLine, isPolling: index % 2 === 1, rooms: own }));
    }
    // Rooms come after the clients: whoever is connected already is told of each.
    for (const roomId of this.roomIds)
      await api.createRoom(
        roomId,
        ids.filter((id) => rooms.get(id)?.includes(roomId)),
      );
  }

  private personOf(
    facts: Pick<Person, 'api' | 'userId' | 'token' | 'url' | 'isOnLine' | 'isPolling'> & { readonly rooms: Person['rooms'] },
  ): Person {
    const person = { ...facts, generation: 0, said: [] };
    return Object.assign(person, this.clientOf(person));
  }

  private clientOf(person: Omit<Person, 'user' | 'speaker'>, positions?: ReadonlyMap<string, number>): Pick<Person, 'user' | 'speaker'> {
    const { api, userId, token, url, generation, isOnLine, isPolling } = person;
    const user = new ChatUser({
      url,
      token,
      userId,
      tenantId: api.tenantId,
      client: `${api.tenantId}/${userId}#${generation}`,
      recorder: this.recorder,
      canaries: this.canaries,
      isOnLine,
      ...(isPolling ? {} : { transports: ['websocket'] as ['websocket'] }),
      ...(positions ? { positions } : {}),
    });
    return { user, speaker: new Speaker(user, new RestApi(url, token), (outcome) => this.outcomes.push(outcome)) };
  }

  /** The app is started again: with what it kept, or having forgotten everything. */
  restart(person: Person, keeps: boolean): void {
    const { user, speaker } = person;
    user.close();
    this.retired.push(user);
    person.generation += 1;
    Object.assign(person, this.clientOf(person, keeps ? user.positions : undefined));
    // What was never answered stays unknown; this client will not ask again.
    speaker.pending.clear();
  }

  /** Rooms that come later are judged like the others. */
  addRoom(roomId: string): void {
    this.roomIds.push(roomId);
  }

  /** A token that is refused is replaced, as an app does; another refusal is for good, and a trouble. */
  async readmit(person: Person): Promise<void> {
    const [code] = person.user.refusals;
    if (code === undefined) return;
    if (code.startsWith('token-')) {
      person.token = await person.api.token(person.userId);
      this.refreshed += 1;
    } else this.troubles.push(`${person.user.client} was refused: ${code}`);
    await sleep(READMIT_MS);
    this.restart(person, true);
  }

  remember(person: Person, said: Said): void {
    person.said.push(said);
    if (person.said.length > KEPT_MESSAGES) person.said.shift();
  }

  get oldestPending(): number {
    return Math.min(Infinity, ...this.people.flatMap(({ speaker }) => [...speaker.pending]));
  }

  get acknowledged(): number {
    return this.outcomes.filter(({ result }) => result === 'ok' || result === 'deduplicated').length;
  }

  get all(): readonly ChatUser[] {
    return [...this.retired, ...this.people.map(({ user }) => user)];
  }

  untilConnected(withinMs: number): Promise<void> {
    return until('everybody is connected', withinMs, () => this.people.every(({ user }) => user.isConnected && user.readyCount > 0));
  }

  close(): void {
    for (const { user } of this.people) user.close();
  }
}
