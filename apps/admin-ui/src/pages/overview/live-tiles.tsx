import { Tooltip } from '@mantine/core';
import type { Stats } from '@parley/protocol';
import { AreaChart } from '../../ui/chart.js';
import { STATS_MAX } from '../../live/live-connection.js';
import { formatBytes, formatCount, formatMs, formatRate } from '../../ui/format.js';
import classes from './overview.module.css';
import { overviewText } from './overview.strings.js';

interface Tile {
  readonly label: string;
  readonly hint: string;
  readonly value: (stats: Stats) => number;
  readonly show: (value: number) => { text: string; unit: string };
  readonly second?: (stats: Stats) => string | false;
  /** Below it the curve stays low, so that idle noise does not look like a mountain. */
  readonly leastTop: number;
}

const { tiles: text } = overviewText;
const perSecond = (value: number) => ({ text: formatRate(value), unit: text.perSecond });

/** Nothing was sent, so nothing was measured. */
const NOTHING = { text: '–', unit: '' };

const TILES: readonly Tile[] = [
  {
    label: text.connections,
    hint: text.hint.connections,
    value: (stats) => stats.connections,
    show: (value) => ({ text: formatCount(value), unit: '' }),
    leastTop: 5,
  },
  { label: text.messages, hint: text.hint.messages, value: (stats) => stats.messagesPerSecond, show: perSecond, leastTop: 2 },
  { label: text.deliveries, hint: text.hint.deliveries, value: (stats) => stats.deliveriesPerSecond, show: perSecond, leastTop: 2 },
  {
    label: `${text.ack}, ${text.p99}`,
    hint: text.hint.ack,
    value: (stats) => stats.ackP99Ms,
    show: (value) => (value === 0 ? NOTHING : formatMs(value)),
    second: ({ ackP50Ms }) => ackP50Ms > 0 && `${text.p50} ${formatMs(ackP50Ms).text} ${formatMs(ackP50Ms).unit}`,
    leastTop: 20,
  },
  { label: text.loop, hint: text.hint.loop, value: (stats) => stats.eventLoopDelayMs, show: formatMs, leastTop: 50 },
  { label: text.memory, hint: text.hint.memory, value: (stats) => stats.memoryBytes, show: formatBytes, leastTop: 100_000_000 },
];

export function LiveTiles({ stats, latest }: { readonly stats: readonly Stats[]; readonly latest: Stats }) {
  return (
    <section className={classes.tiles} aria-label={overviewText.live}>
      {TILES.map((tile) => (
        <LiveTile key={tile.label} tile={tile} stats={stats} latest={latest} />
      ))}
    </section>
  );
}

function LiveTile({ tile, stats, latest }: { readonly tile: Tile; readonly stats: readonly Stats[]; readonly latest: Stats }) {
  const shown = tile.show(tile.value(latest));
  const second = tile.second?.(latest);
  return (
    <div className={classes.tile} role="group" aria-label={`${tile.label}: ${shown.text} ${shown.unit}`}>
      <Tooltip label={tile.hint} multiline maw={260} position="top-start">
        <span className={classes.label}>{tile.label}</span>
      </Tooltip>
      <div className={classes.value}>
        {shown.text}
        <span className={classes.unit}>{shown.unit}</span>
        {second && <span className={classes.second}>{second}</span>}
      </div>
      <div className={classes.chart}>
        <AreaChart values={stats.map(tile.value)} leastTop={tile.leastTop} slots={STATS_MAX} label={`${tile.label}, ${text.lastMinutes}`} />
      </div>
    </div>
  );
}
