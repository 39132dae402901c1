import { HEALED_WITHIN_MS, REFUSED_WITHIN_MS, type Fault } from './faults/fault.ts';
import type { Stage, Strike } from './stage.ts';
import { isAlive, livePostmasters, thaw, until } from './server/processes.ts';
import { ACK_TIMEOUT_MS } from './load/chat-user.ts';
import type { Outcome } from './load/speaker.ts';

/** One fault, played once. `from` and `to` are times of the history, in nanoseconds. */
export interface Played {
  readonly fault: Fault;
  readonly from: number;
  readonly to: number;
  /** Undefined: it did not heal. */
  readonly healedMs?: number;
  readonly slowestMs: number;
  /** What went wrong while it lasted; promises that the history proves broken are judged at the end. */
  readonly violations: readonly string[];
}

/** Strikes, holds, heals, and waits until everything flows again. */
export async function play(stage: Stage, fault: Fault): Promise<Played> {
  const { recorder, population } = stage;
  const violations: string[] = [];
  const from = performance.now();
  const strike: Strike = { fault, from, to: Infinity };
  stage.strikes.push(strike);
  let healedMs: number | undefined;
  const begin = recorder.record({ kind: 'fault', name: fault.name, phase: 'begin' });
  try {
    const at = await fault.play(stage);
    recorder.record({ kind: 'fault', name: fault.name, phase: 'healed' });
    await stage.untilWhole(HEALED_WITHIN_MS);
    healedMs = performance.now() - at;
    await until('what was asked meanwhile is answered', ACK_TIMEOUT_MS + 4_000, () => population.oldestPending >= at);
  } catch (error) {
    violations.push(error instanceof Error ? error.message : String(error));
    await rescue(stage);
  }
  const to = performance.now();
  strike.to = to;
  const over = recorder.record({ kind: 'fault', name: fault.name, phase: 'over' });
  const during = population.outcomes.filter(({ startedAt }) => startedAt >= from - ACK_TIMEOUT_MS && startedAt < to);
  const slowestMs = Math.max(0, ...during.map(({ tookMs }) => tookMs));
  if (fault.answersInTime) {
    const waited = during.filter(({ tookMs, startedAt }) => tookMs > REFUSED_WITHIN_MS && startedAt + tookMs > from);
    const late = waited.filter((outcome) => !isOnDeadConnection(stage, outcome, during));
    for (const outcome of waited) if (!late.includes(outcome)) stage.excused.add(outcome);
    const shown = late
      .slice(0, 3)
      .map(
        ({ way, code = 'ok', startedAt, tookMs }) =>
          `${way} ${code} begun at ${Math.round(startedAt - from)} ms took ${Math.round(tookMs)} ms`,
      );
    if (late.length > 0) violations.push(`${late.length} sends waited longer than ${REFUSED_WITHIN_MS} ms: ${shown.join('; ')}`);
  }
  return { fault, from: begin.t, to: over.t, ...(healedMs === undefined ? {} : { healedMs }), slowestMs, violations };
}

/** pingInterval + pingTimeout of the server, and a look. */
const MUTE_MS = 20_000;

/**
 * Shortly after F22 it brought not even a ping, while others were answered: a stock client that was cut off in the middle
 * of its upgrade, mute until its ping time-out. The stage finds out whether the server had heard it all the same.
 */
const isOnDeadConnection = (stage: Stage, { isMute, client, startedAt, tookMs }: Outcome, all: readonly Outcome[]): boolean =>
  isMute &&
  stage.blows.some((at) => startedAt < at + MUTE_MS) &&
  all.some((other) => {
    const answeredAt = other.startedAt + other.tookMs;
    const isAnswered = other.code !== 'no-answer' && other.code !== 'disconnected';
    return isAnswered && other.client !== client && answeredAt > startedAt && answeredAt < startedAt + tookMs;
  });

/** So that the faults to come have something to be played on. */
async function rescue({ server }: Stage): Promise<void> {
  for (const pid of livePostmasters(server.dataDirectory)) if (isAlive(pid)) thaw(pid);
  if (!server.isRunning) await server.start().catch(() => undefined);
}
