// Holds docs/features.md and docs/promises.md to what they claim: every code once, and a real proof behind every `done` and `part`.
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The rows each page must have: prefix and the highest number. Security cases are plain numbers. */
const PAGES = [
  { path: 'docs/features.md', ranges: { I: 40, C: 41, J: 38, U: 25, P: 56, X: 25 } },
  { path: 'docs/promises.md', ranges: { G: 26, F: 39, '': 152 } },
];
const STATES = new Set(['done', 'part', 'planned']);
const ROW = /^\|\s*([A-Z]?\d+)\s*\|/;
const REPO_PATH = /`((?:apps|bench|chaos|deploy|docs|e2e|libs|tools)\/[^`\s]*)`/g;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const problems = [];
const counts = { rows: 0, done: 0, part: 0, planned: 0 };

for (const page of PAGES) checkPage(page);
for (const problem of problems) console.error(problem);
console.log(`docs: ${counts.rows} rows, ${counts.done} done, ${counts.part} part`);
if (problems.length > 0) process.exitCode = 1;

function checkPage({ path, ranges }) {
  const expected = new Set(
    Object.entries(ranges).flatMap(([prefix, last]) => Array.from({ length: last }, (_, index) => `${prefix}${index + 1}`)),
  );
  const seen = new Map();
  const lines = textOf(path)?.split('\n') ?? [];
  lines.forEach((line, index) => {
    const code = ROW.exec(line)?.[1];
    if (code === undefined) return;
    const at = `${path}:${index + 1} ${code}`;
    if (!expected.has(code)) problems.push(`${at}: no such code`);
    if (seen.has(code)) problems.push(`${at}: a second row, the first is on line ${seen.get(code)}`);
    seen.set(code, index + 1);
    checkRow(at, line);
  });
  for (const code of expected) if (!seen.has(code)) problems.push(`${path} ${code}: no row`);
}

function checkRow(at, line) {
  const cells = line.trim().replace(/^\|/, '').replace(/\|$/, '').split('|');
  if (cells.length !== 5) return void problems.push(`${at}: ${cells.length} cells instead of 5`);
  const [, what, state, where, proof] = cells.map((cell) => cell.trim());
  counts.rows += 1;
  if (what === '') problems.push(`${at}: no name`);
  if (!STATES.has(state)) return void problems.push(`${at}: state "${state}" is none of ${[...STATES].join(', ')}`);
  counts[state] += 1;
  if (state === 'planned') {
    if (proof !== '') problems.push(`${at}: planned, yet it names a proof`);
    return;
  }
  if (where === '') problems.push(`${at}: ${state}, but not where it lives`);
  for (const [, named] of where.matchAll(REPO_PATH)) if (!exists(named)) problems.push(`${at}: it lives in ${named}, which does not exist`);
  if (proof === '') problems.push(`${at}: ${state} without a proof`);
  else for (const one of proof.split(';')) checkProof(at, one.trim());
}

function checkProof(at, proof) {
  const [file, ...rest] = proof.split('›').map((part) => part.trim().replace(/^`|`$/g, ''));
  const name = rest.join('›').trim();
  const text = textOf(file);
  if (text === undefined) problems.push(`${at}: the proof ${file} is no file`);
  else if (rest.length > 0 && name === '') problems.push(`${at}: an empty test name after ›`);
  else if (!text.includes(name)) problems.push(`${at}: ${file} holds no "${name}"`);
}

function exists(path) {
  return statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
}

function textOf(path) {
  if (!statSync(join(root, path), { throwIfNoEntry: false })?.isFile()) return undefined;
  return readFileSync(join(root, path), 'utf8');
}
