import { describe } from 'vitest';
import { appendContract } from './append.contract.js';
import { banningContract } from './banning.contract.js';
import { changeContract } from './change.contract.js';
import { membershipContract } from './membership.contract.js';
import { readingContract } from './reading.contract.js';
import { useTechnology, type OpenTechnology } from './scene.js';

/** What every `RoomLog` promises. Needs a database that other suites may share: each test has tenants of its own. */
export function roomLogContract(name: string, open: OpenTechnology): void {
  describe(`RoomLog: ${name}`, () => {
    const scene = useTechnology(open);
    describe('append', () => appendContract(scene));
    describe('change', () => changeContract(scene));
    describe('membership', () => membershipContract(scene));
    describe('bans', () => banningContract(scene));
    describe('reading', () => readingContract(scene));
  });
}
