import { describe } from 'vitest';
import { nodesContract } from './nodes.contract.js';
import { operatorsContract } from './operators.contract.js';
import { peopleContract } from './people.contract.js';
import { presencesContract } from './presences.contract.js';
import { receiptsContract } from './receipts.contract.js';
import { togetherContract } from './together.contract.js';
import { roomListContract } from './room-list.contract.js';
import { useTechnology, type OpenTechnology } from './scene.js';
import { tenancyContract } from './tenancy.contract.js';

/** What every `Store` promises. Needs a database that other suites may share: each test has tenants of its own. */
export function storeContract(name: string, open: OpenTechnology): void {
  describe(`Store: ${name}`, () => {
    const scene = useTechnology(open);
    describe('tenancy', () => tenancyContract(scene));
    describe('people', () => peopleContract(scene));
    describe('presences', () => presencesContract(scene));
    describe('rooms', () => roomListContract(scene));
    describe('receipts', () => receiptsContract(scene));
    togetherContract(scene);
    describe('nodes', () => nodesContract(scene));
    describe('operators', () => operatorsContract(scene));
  });
}
