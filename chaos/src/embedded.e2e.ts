import { FAULTS } from './faults/all.ts';
import { whyNoServer } from './server/parley-process.ts';
import { shortRun } from './testing/short-run.ts';

/** What costs little. All the others, and longer ones, are in `npm run chaos`. */
shortRun('the embedded profile under faults', {
  topology: 'embedded',
  faults: FAULTS,
  names: ['F2', 'F4', 'F5', 'F7-server', 'F7-both', 'F8-fast', 'F8-immediate', 'F9', 'F20-reset', 'F22', 'F30'],
  missing: whyNoServer(),
});
