import { CLUSTER_FAULTS } from './faults/all.ts';
import { whyNoServer } from './server/parley-process.ts';
import { whyNoRedis } from './server/redis-process.ts';
import { shortRun } from './testing/short-run.ts';

/** What costs little. All the others, and longer ones, are in `npm run chaos -- --topology cluster`. */
shortRun('a cluster under faults', {
  topology: 'cluster',
  faults: CLUSTER_FAULTS,
  names: ['F1', 'F4', 'F13', 'F14', 'F15', 'F17', 'F18-redis', 'F18-redis-down', 'F25', 'F32'],
  missing: whyNoServer() ?? whyNoRedis(),
});
