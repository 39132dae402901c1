import { Text, Tooltip } from '@mantine/core';
import { useLive } from '../live/live.js';
import classes from './shell.module.css';
import { shellText } from './shell.strings.js';

export function LiveIndicator() {
  const { status } = useLive();
  return (
    <Tooltip label={shellText.liveHint[status]}>
      <span className={classes.live} role="status" aria-label={shellText.live[status]}>
        <span className={classes.dot} data-status={status} />
        <Text span size="xs" visibleFrom="md">
          {shellText.live[status]}
        </Text>
      </span>
    </Tooltip>
  );
}
