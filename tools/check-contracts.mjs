// Holds the contracts to what was released: a change that would break a client of the last release fails.
// `--release` makes today's contracts the released ones.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncApi, openApi } from '@parley/protocol';
import { breaksInAsyncApi, breaksInOpenApi } from './contract-diff.mjs';
import { ROOT } from './node.mjs';

const RELEASED = join(ROOT, 'docs/reference/released');
const { version } = JSON.parse(readFileSync(join(ROOT, 'apps/server/package.json'), 'utf8'));
const CONTRACTS = [
  { name: 'openapi.json', now: openApi(version), breaksIn: breaksInOpenApi },
  { name: 'asyncapi.json', now: asyncApi(version), breaksIn: breaksInAsyncApi },
];

if (process.argv.includes('--release')) {
  mkdirSync(RELEASED, { recursive: true });
  for (const { name, now } of CONTRACTS) writeFileSync(join(RELEASED, name), `${JSON.stringify(now, null, 2)}\n`);
  console.log(`contracts: ${version} is the released one now`);
} else {
  const breaks = CONTRACTS.flatMap(({ name, now, breaksIn }) => {
    const released = JSON.parse(readFileSync(join(RELEASED, name), 'utf8'));
    // As the document is written: without what JSON leaves out.
    return breaksIn(released, JSON.parse(JSON.stringify(now))).map((what) => `${name}: ${what}`);
  });
  for (const what of breaks) console.error(what);
  console.log(`contracts: ${breaks.length} breaking change(s) against the released ones`);
  if (breaks.length > 0) process.exitCode = 1;
}
