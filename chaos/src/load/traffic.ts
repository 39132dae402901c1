import { setTimeout as sleep } from 'node:timers/promises';
import type { Recorder } from '../checks/recorder.ts';
import type { Random } from '../random.ts';
import { until } from '../server/processes.ts';
import type { Person, Population } from './population.ts';
import type { Answer } from './tenant-api.ts';

const TICK_MS = 20;
/** Sends of one user that may wait for their answers at once. */
const IN_FLIGHT = 4;
const RETRY_MS = 400;
/** How often an app is started again. */
const RESTART_MS = 4_000;
const SHARES = { delete: 0.05, mark: 0.08, browse: 0.02, reply: 0.05, rest: 0.1 } as const;

export interface Pace {
  readonly sendsPerSecond: number;
  /** How often somebody is put out. */
  readonly moderateMs: number;
}

/** The load: people talk, take back, read, are put out and let in again, and start their apps anew. Drawn from the seed. */
export class Traffic {
  /** Requests and frames are doubled while this is set (F30). */
  sendsTwice = false;
  private readonly population: Population;
  private readonly recorder: Recorder;
  private readonly random: Random;
  private readonly sendsPerSecond: number;
  private readonly moderateMs: number;
  private readonly moving = new Set<Promise<void>>();
  private readonly readmitting = new Set<Person>();
  private stopping = new AbortController();
  private loop: Promise<void> | undefined;
  private sent = 0;

  constructor(population: Population, recorder: Recorder, random: Random, { sendsPerSecond, moderateMs }: Pace) {
    this.moderateMs = moderateMs;
    this.population = population;
    this.recorder = recorder;
    this.random = random;
    this.sendsPerSecond = sendsPerSecond;
  }

  start(): void {
    this.loop ??= this.run();
  }

  /** Ends when everything that was begun has a definite answer. */
  async stop(withinMs: number): Promise<void> {
    this.stopping.abort();
    await this.loop;
    this.loop = undefined;
    this.stopping = new AbortController();
    await until('everything that was begun is over', withinMs, () => this.moving.size === 0);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let last = performance.now();
    let due = 0;
    let [moderateAt, restartAt] = [last + this.moderateMs, last + RESTART_MS];
    while (!signal.aborted) {
      await sleep(TICK_MS);
      const now = performance.now();
      // A stalled harness does not make up for what it missed.
      due = Math.min(due + ((now - last) / 1_000) * this.sendsPerSecond, this.sendsPerSecond);
      last = now;
      for (; due >= 1; due -= 1) this.act();
      for (const person of this.population.people)
        if (person.user.refusals.length > 0 && !this.readmitting.has(person)) this.readmit(person);
      if (now > moderateAt) {
        moderateAt = now + this.moderateMs * (0.5 + this.random.next());
        this.spawn(this.moderate());
      }
      if (now > restartAt) {
        restartAt = now + RESTART_MS * (0.5 + this.random.next());
        this.restartSomebody();
      }
    }
  }

  private spawn(work: Promise<void>): void {
    const kept = work.catch((error: unknown) => void this.population.troubles.push(String(error))).finally(() => this.moving.delete(kept));
    this.moving.add(kept);
  }

  private readmit(person: Person): void {
    this.readmitting.add(person);
    const work = this.population.readmit(person).catch(() => sleep(RETRY_MS));
    this.spawn(work.then(() => void this.readmitting.delete(person)));
  }

  private act(): void {
    const { random } = this;
    const person = random.pick(this.population.people);
    const [kind, detail] = [random.next(), random.next()];
    if (!person) return;
    // Whoever is out goes on trying: the server has to refuse.
    const own = [...person.rooms.keys()];
    const room = own[Math.floor(detail * own.length)];
    if (room === undefined || person.speaker.busy >= IN_FLIGHT) return;
    if (person.rooms.get(room) !== 'in') return this.spawn(this.say(person, room));
    if (kind < SHARES.mark) this.spawn(person.speaker.mark(room, Math.ceil((person.said.at(-1)?.seq ?? 1) * detail)));
    else if (kind < SHARES.mark + SHARES.browse) this.spawn(person.speaker.browse(room));
    this.spawn(this.say(person, room));
  }

  private async say(person: Person, roomId: string): Promise<void> {
    const { random } = this;
    this.sent += 1;
    const clientMessageId = `${person.userId}-${person.generation}-${this.sent}`;
    const text = `${this.population.canaries.of(person.api.tenantId)} ${clientMessageId} ${random.int(0, 1e9)}`;
    const earlier = person.said.findLast((said) => said.roomId === roomId);
    const replyTo = earlier && random.chance(SHARES.reply) ? { replyTo: earlier.messageId } : {};
    const [byRest, takesBack] = [random.chance(SHARES.rest), random.chance(SHARES.delete)];
    const way = byRest ? (this.sendsTwice ? 'rest-twice' : 'rest') : 'socket';
    const { speaker } = person;
    const said = await speaker.say({ roomId, clientMessageId, text, ...replyTo }, way);
    if (!said) return;
    if (takesBack) {
      await sleep(100);
      await speaker.takeBack(said);
    } else this.population.remember(person, said);
  }

  private restartSomebody(): void {
    const person = this.random.pick(this.population.people);
    const keeps = this.random.chance(0.5);
    if (person && !person.user.isClosed) this.population.restart(person, keeps);
  }

  /** Somebody is banned or removed, and let in again a little later. */
  private async moderate(): Promise<void> {
    const person = this.random.pick(this.population.people);
    const roomId = person && this.random.pick([...person.rooms.keys()]);
    const [isBan, awayMs] = [this.random.chance(0.5), this.random.int(300, 3_000)];
    if (!person || roomId === undefined || person.rooms.get(roomId) !== 'in') return;
    const { api, userId } = person;
    const about = { userId: `${api.tenantId}/${userId}`, roomId: `${api.tenantId}/${roomId}` };
    person.rooms.set(roomId, 'moving');
    this.recorder.record({ kind: 'ban-inv', ...about });
    await this.insist(() => (isBan ? api.ban(roomId, userId) : api.kick(roomId, userId)));
    this.recorder.record({ kind: 'ban-ok', ...about });
    person.rooms.set(roomId, 'out');
    await sleep(awayMs);
    person.rooms.set(roomId, 'moving');
    this.recorder.record({ kind: 'unban-inv', ...about });
    if (isBan) await this.insist(() => api.unban(roomId, userId));
    await this.insist(() => api.add(roomId, userId));
    this.recorder.record({ kind: 'unban-ok', ...about });
    person.rooms.set(roomId, 'in');
  }

  /** Repeats until the answer is definite. Done already is done: an answer may have been lost. */
  private async insist(ask: () => Promise<Answer>): Promise<void> {
    for (;;) {
      const answer = await ask().catch(() => undefined);
      if (answer && (answer.status < 300 || answer.status === 404 || answer.status === 409)) return;
      if (answer && answer.status < 500 && answer.status !== 429) throw new Error(`answered ${answer.status}: ${answer.text}`);
      await sleep(RETRY_MS);
    }
  }
}
