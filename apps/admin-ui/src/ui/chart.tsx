import classes from './chart.module.css';

const WIDTH = 200;

export interface ChartProps {
  readonly values: readonly number[];
  readonly height?: number;
  /** What the curve shows, for those who do not see it. */
  readonly label: string;
  /** The least top of the scale, so that noise around zero stays flat. */
  readonly leastTop?: number;
  /** How many values fill the width: fewer stand at its right end. */
  readonly slots: number;
}

/** A small area chart. The scale starts at zero: a curve must not make little look like much. */
export function AreaChart({ values, height = 40, label, leastTop = 1, slots }: ChartProps) {
  const top = Math.max(leastTop, ...values) * 1.1;
  const step = WIDTH / Math.max(1, slots - 1, values.length - 1);
  const left = WIDTH - step * Math.max(0, values.length - 1);
  const points = values.map((value, index) => `${round(left + index * step)},${round(height - (value / top) * (height - 2) - 1)}`);
  return (
    <svg
      className={classes.chart}
      viewBox={`0 0 ${WIDTH} ${height}`}
      height={height}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {points.length > 1 && (
        <>
          <path className={classes.area} d={`M${round(left)},${height} L${points.join(' L')} L${WIDTH},${height} Z`} />
          <path className={classes.line} d={`M${points.join(' L')}`} />
        </>
      )}
    </svg>
  );
}

const round = (value: number): number => Math.round(value * 100) / 100;
