import type { Finding } from '../checks/findings.ts';
import type { ControlResult } from '../controls/controls.ts';
import type { Counts, FaultFigures, Latencies } from './figures.ts';
import type { Verdict } from './verdicts.ts';

export interface Report {
  readonly seed: number;
  readonly minutes: number;
  readonly date: string;
  readonly machine: string;
  readonly load: string;
  readonly faults: readonly FaultFigures[];
  readonly combined: readonly string[];
  /** Sends that are charged to no fault: their connection was mute by the client's own doing. */
  readonly excused: number;
  readonly impossible: readonly { readonly name: string; readonly why: string }[];
  readonly verdicts: readonly Verdict[];
  readonly controls: readonly ControlResult[];
  readonly findings: readonly Finding[];
  readonly troubles: readonly string[];
  readonly counts: Counts;
  readonly all: { readonly ack: Latencies; readonly delivery: Latencies };
  readonly isPassed: boolean;
}

const ms = (value: number): string => (Number.isNaN(value) ? '' : value < 10 ? value.toFixed(1) : Math.round(value).toString());
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  `| ${head.join(' | ')} |`,
  `| ${head.map(() => '---').join(' | ')} |`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
];

/** For people. Numbers of one run on one machine. */
export function markdown(report: Report): string {
  return [
    `# Reliability report, seed ${report.seed}`,
    '',
    `${report.isPassed ? 'Nothing was found.' : 'Something was found, or not tried.'} ${report.date}, ${report.minutes.toFixed(1)} minutes. ${report.machine}.`,
    '',
    `Load: ${report.load}. Half of the clients come through our own TCP proxy, half are polling first. All are stock \`socket.io-client\`.`,
    '',
    ...countLines(report),
    '',
    '## Promises',
    '',
    ...table(
      ['promise', 'what', 'verdict', 'tried by, or why not'],
      report.verdicts.map(({ promise, title, state, why }) => [promise, title, state, why]),
    ),
    '',
    '## Faults',
    '',
    'Times in milliseconds. *Heals* is the time from the end of the fault, or from its blow where it needs no end, until the server is ready, sends are acknowledged and every client is connected. *Slowest* is the longest that any send waited for whatever answer.',
    '',
    ...table(
      ['fault', 'what', 'times', 'heals p50', 'heals max', 'slowest', 'ack p50', 'ack p99', 'ack max', 'delivery p99', 'amiss'],
      report.faults.map((fault) => [
        fault.name,
        fault.title,
        String(fault.times),
        ms(fault.heal.p50),
        ms(fault.heal.max),
        ms(fault.slowestMs),
        ms(fault.ack.p50),
        ms(fault.ack.p99),
        ms(fault.ack.max),
        ms(fault.delivery.p99),
        fault.violations.join('; '),
      ]),
    ),
    ...(report.combined.length === 0 ? [] : ['', `Played two at a time (F38): ${report.combined.join(', ')}.`]),
    ...(report.excused === 0
      ? []
      : ['', `${report.excused} sends waited on connections that F22 had left mute, and are charged to no fault.`]),
    ...(report.impossible.length === 0 ? [] : ['', 'Not tried:', '', ...report.impossible.map(({ name, why }) => `- ${name}: ${why}`)]),
    '',
    '## Positive controls',
    '',
    'Bugs seeded into the real server from outside. Each must be caught by the smallest schedule that can show it.',
    '',
    ...(report.controls.length === 0
      ? ['None was run.']
      : table(
          ['seeded bug', 'what', 'verdict', 'found', 'example'],
          report.controls.map(({ control, isAsExpected, found, example = '' }) => [
            control.name,
            control.title,
            control.caughtBy.length === 0 ? (isAsExpected ? 'healed' : 'NOT HEALED') : isAsExpected ? 'caught' : 'NOT CAUGHT',
            Object.entries(found)
              .map(([kind, count]) => `${kind} ${count}`)
              .join(', '),
            example,
          ]),
        )),
    ...firstFinding(report),
    '',
  ].join('\n');
}

function countLines({ counts, all }: Report): readonly string[] {
  return [
    ...table(
      [
        'messages',
        'acknowledged',
        'outcome unknown at first',
        'of these settled',
        'repeats deduplicated',
        'refused',
        'deletions',
        'read marks',
        'put out and let in',
        'connections',
      ],
      [
        [
          counts.messages,
          counts.acknowledged,
          counts.unknown,
          counts.settled,
          counts.deduplicated,
          counts.refused,
          counts.deletions,
          counts.reads,
          counts.putOut,
          counts.connections,
        ].map(String),
      ],
    ),
    '',
    `What stayed unknown was asked for by an app that was started again and forgot it. Over the whole run: ack p50 ${ms(all.ack.p50)} ms, p99 ${ms(all.ack.p99)} ms, max ${ms(all.ack.max)} ms; delivery p50 ${ms(all.delivery.p50)} ms, p99 ${ms(all.delivery.p99)} ms.`,
  ];
}

function firstFinding({ findings, troubles }: Report): readonly string[] {
  const [first] = findings;
  const lines = first
    ? [
        '',
        '## The first violation',
        '',
        `${findings.length} findings. ${first.kind} in ${first.roomId}: ${first.detail}`,
        '',
        '```',
        ...first.context.map((event) => JSON.stringify(event)),
        '```',
      ]
    : [];
  return troubles.length === 0
    ? lines
    : [...lines, '', '## Troubles of clients', '', ...troubles.slice(0, 20).map((trouble) => `- ${trouble}`)];
}
