import { play, type Played } from './campaign.ts';
import { explain } from './checks/checker.ts';
import { CONTROLS, tryControl, type Control, type ControlResult } from './controls/controls.ts';
import { CLUSTER_FAULTS, FAULTS, OWN_STAGE_FAULTS } from './faults/all.ts';
import type { Fault } from './faults/fault.ts';
import type { OwnStageFault } from './faults/own-stage.ts';
import type { Options } from './options.ts';
import { Random } from './random.ts';
import { byFault, countsOf, measure, sumOf } from './report/figures.ts';
import { machine } from './report/machine.ts';
import type { Report } from './report/markdown.ts';
import { verdicts } from './report/verdicts.ts';
import { Stage, type Judgement } from './stage.ts';

type AnyFault = Fault | OwnStageFault;
/** How often two faults strike at once, once each was played alone (F38). */
const PAIRS = 0.3;
const LINE_CODES: ReadonlySet<string> = new Set(['F19', 'F20', 'F22', 'F30']);
/** The database's, Redis's, a server's. */
const DATABASE_CODES: ReadonlySet<string> = new Set(['F1', 'F4', 'F5', 'F8', 'F13', 'F14', 'F15', 'F17', 'F26']);

interface Section {
  readonly played: readonly Played[];
  readonly judgement: Judgement;
}

/** Plays a schedule drawn from the seed, judges it, tries the controls, and says it all. */
export async function run(options: Options, say: (line: string) => void): Promise<Report> {
  const begun = performance.now();
  const random = new Random(options.seed);
  const wanted = chosen(options);
  const impossible = wanted.flatMap(({ name, whyNot }) => {
    const why = whyNot();
    return why === undefined ? [] : [{ name, why }];
  });
  for (const { name, why } of impossible) say(`${name} cannot be tried here: ${why}`);
  const able = wanted.filter(({ name }) => !impossible.some((one) => one.name === name));
  const combined: string[] = [];
  const sections: Section[] = [];
  sections.push(
    await onOneStage(
      able.filter((one): one is Fault => 'play' in one),
      options,
      random,
      combined,
      say,
    ),
  );
  // After the one stage, whose server has made the embedded PostgreSQL's binaries whole.
  for (const fault of able.filter((one): one is OwnStageFault => 'perform' in one)) sections.push(await onOwnStage(fault, random, say));
  const controls: ControlResult[] = [];
  for (const control of CONTROLS.filter((one) => isWanted(one, options))) {
    const result = await tryControl(control, random);
    controls.push(result);
    say(`control ${control.name}: ${result.isAsExpected ? 'as it must be' : 'NOT AS IT MUST BE'} ${JSON.stringify(result.found)}`);
  }
  return reportOf({ options, sections, impossible, combined, controls, minutes: (performance.now() - begun) / 60_000 });
}

/** All = those of the topology that is tried. */
const isWanted = ({ name, topology = 'embedded' }: Control, options: Options): boolean =>
  options.controls === 'all' ? topology === options.topology : options.controls.includes(name);

/** By code or name; what takes long only when it is named, or everything long is asked for. */
function chosen({ faults, isLong, topology }: Options): readonly AnyFault[] {
  const all: readonly AnyFault[] = topology === 'cluster' ? CLUSTER_FAULTS : [...OWN_STAGE_FAULTS, ...FAULTS];
  const isLasting = ({ name }: AnyFault): boolean => name.endsWith('-long');
  if (faults === undefined) return all.filter((fault) => isLong || !isLasting(fault));
  const unknown = faults.filter((name) => !all.some((fault) => fault.code === name || fault.name === name));
  if (unknown.length > 0) throw new Error(`unknown faults: ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
  return all.filter((fault) => faults.includes(fault.name) || (faults.includes(fault.code) && (isLong || !isLasting(fault))));
}

/** Each fault once, in an order of the seed; then quick ones, now and then two at a time, until the minutes are over. */
async function onOneStage(
  faults: readonly Fault[],
  options: Options,
  random: Random,
  combined: string[],
  say: (line: string) => void,
): Promise<Section> {
  const { rooms, users, sendsPerSecond, minutes, topology } = options;
  const stage = await Stage.open({ random, size: { rooms, users, roomsPerUser: Math.min(4, rooms) }, sendsPerSecond, topology });
  const played: Played[] = [];
  const schedule = random.fork('schedule');
  const end = performance.now() + minutes * 60_000;
  const one = async (fault: Fault): Promise<void> => {
    const result = await play(stage, fault);
    played.push(result);
    say(lineOf(result));
  };
  try {
    for (const fault of schedule.shuffled(faults)) await one(fault);
    const quick = faults.filter(({ isQuick }) => isQuick);
    while (performance.now() < end) {
      const [line, other] = [LINE_CODES, DATABASE_CODES].map((codes) => schedule.pick(quick.filter(({ code }) => codes.has(code))));
      const single = schedule.pick(quick);
      if (schedule.chance(PAIRS) && line && other) {
        combined.push(`${line.name} with ${other.name}`);
        await Promise.all([one(line), one(other)]);
      } else if (single) await one(single);
      else await stage.flows(20_000);
    }
    return { played, judgement: await judged(stage, say) };
  } finally {
    await stage.close(isKept(stage, played));
  }
}

/** The history of a run in which something was amiss is kept. */
const keptStages = new WeakSet<Stage>();
const isKept = (stage: Stage, played: readonly Played[]): boolean =>
  keptStages.has(stage) || played.some(({ violations }) => violations.length > 0);

async function judged(stage: Stage, say: (line: string) => void): Promise<Judgement> {
  const judgement = await stage.judge();
  const { findings, troubles } = judgement;
  if (findings.length > 0 || troubles.length > 0) {
    keptStages.add(stage);
    say(explain(findings));
    for (const trouble of troubles.slice(0, 20)) say(trouble);
    say(`the history is in ${stage.directory}`);
  }
  return judgement;
}

async function onOwnStage(fault: OwnStageFault, random: Random, say: (line: string) => void): Promise<Section> {
  const section = await fault
    .perform(random.fork(fault.name), (stage) => judged(stage, say))
    .catch((error: unknown) => failed(fault, error));
  for (const result of section.played) say(lineOf(result));
  return section;
}

/** The stage could not even be set up, or broke. */
function failed(fault: OwnStageFault, error: unknown): Section {
  const violations = [error instanceof Error ? error.message : String(error)];
  const asFault = { ...fault, answersInTime: true, isQuick: false, play: () => Promise.reject(error) };
  const judgement = { findings: [], history: [], truth: [], troubles: [], excused: 0 };
  return { played: [{ fault: asFault, from: 0, to: 0, slowestMs: 0, violations }], judgement };
}

function lineOf({ fault, healedMs, slowestMs, violations }: Played): string {
  const healed = healedMs === undefined ? 'DID NOT HEAL' : `healed in ${Math.round(healedMs)} ms`;
  return `${fault.name}: ${healed}, slowest answer ${Math.round(slowestMs)} ms${violations.map((text) => `\n    AMISS: ${text}`).join('')}`;
}

interface Outcome {
  readonly options: Options;
  readonly sections: readonly Section[];
  readonly impossible: Report['impossible'];
  readonly combined: readonly string[];
  readonly controls: readonly ControlResult[];
  readonly minutes: number;
}

function reportOf({ options, sections, impossible, combined, controls, minutes }: Outcome): Report {
  const played = sections.flatMap((section) => section.played);
  const findings = sections.flatMap(({ judgement }) => judgement.findings);
  const troubles = sections.flatMap(({ judgement }) => judgement.troubles);
  const histories = sections.map(({ judgement }) => judgement.history);
  const counts = sumOf(histories.map(countsOf));
  const violations = played.flatMap(({ fault, violations: all }) => all.map((text) => ({ code: fault.code, text })));
  const codes = new Set(played.map(({ fault }) => fault.code));
  const isPassed = findings.length + troubles.length + violations.length === 0 && controls.every(({ isAsExpected }) => isAsExpected);
  return {
    seed: options.seed,
    minutes,
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    load: `2 tenants, ${options.rooms} rooms and ${options.users} users each, ${options.sendsPerSecond} sends a second`,
    faults: sections.flatMap((section) => byFault(section.played, section.judgement.history)),
    combined,
    excused: sections.reduce((sum, { judgement }) => sum + judgement.excused, 0),
    impossible,
    verdicts: verdicts({ findings, codes, violations, troubles, counts }),
    controls,
    findings,
    troubles,
    counts,
    all: measure(histories[0] ?? []),
    isPassed,
  };
}
