import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './node.mjs';

/** Versions below these have known holes (PROMISES, case 150). */
const FLOORS = { 'socket.io-parser': '4.2.6', 'engine.io': '6.6.9', ws: '8.21.0' };

const problems = [];
const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
const parts = (version) => version.split('-')[0].split('.').map(Number);
const isBelow = (version, floor) => {
  const [a, b] = [parts(version), parts(floor)];
  const at = a.findIndex((n, index) => n !== b[index]);
  return at >= 0 && a[at] < b[at];
};

for (const [path, entry] of Object.entries(lock.packages)) {
  const name = path.split('node_modules/').at(-1);
  if (path.includes('node_modules/') && FLOORS[name] && entry.version && isBelow(entry.version, FLOORS[name]))
    problems.push(`${path} is ${entry.version}: at least ${FLOORS[name]}`);
  if (entry.resolved && /^https?:/.test(entry.resolved)) problems.push(`${path} names a registry host in the lockfile`);
  if (path.includes('node_modules/') && !entry.link && !entry.integrity && !entry.inBundle) problems.push(`${path} has no integrity`);
}

const manifests = [
  'package.json',
  ...['libs', 'apps'].flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}/package.json`)),
  'bench/package.json',
  'chaos/package.json',
  'e2e/package.json',
];
for (const path of manifests.filter((file) => existsSync(join(ROOT, file)))) {
  const manifest = JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(manifest[kind] ?? {}))
      if (!/^\d/.test(version)) problems.push(`${path}: ${name} is not pinned (${version})`);
  }
}

for (const problem of problems) console.log(problem);
console.log(`lockfile: ${Object.keys(lock.packages).length} packages, ${problems.length} problem(s)`);
process.exit(problems.length === 0 ? 0 : 1);
