import { NodeService } from '@parley/domain';
import { aPlatformActor, memoryPorts } from '@parley/domain/testing';
import { describe, expect, it } from 'vitest';
import { NoBus } from '../adapters/bus/no-bus.js';
import { HttpNodeProbe } from '../adapters/node-probe/http-node-probe.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { TestFacts } from '../testing/test-facts.js';
import { Beat } from './beat.js';

/** A node without sockets, and an operator. */
function aNode() {
  const ports = { ...memoryPorts(), bus: new NoBus() };
  const nodes = new NodeService(ports.store, new HttpNodeProbe());
  const facts = new TestFacts();
  const telemetry = new Telemetry({ count: () => 0, countByTenant: () => ({}), delivered: 0 });
  const errors: unknown[] = [];
  const options = { facts, role: 'all', nodeUrl: undefined, ports } as const;
  const beat = new Beat(
    nodes,
    options,
    () => telemetry,
    undefined,
    (error) => errors.push(error),
  );
  const drain = (isWanted: boolean) => nodes.setDrain(aPlatformActor('admin'), facts.nodeId, isWanted);
  return { beat, drain, facts };
}

describe('a node', () => {
  it('closes its door when an operator wants it empty, and opens it again', async () => {
    const { beat, drain, facts } = aNode();
    await beat.once();
    const closed: boolean[] = [];
    for (const isWanted of [true, false, true]) {
      await drain(isWanted);
      await beat.once();
      closed.push(facts.isDraining);
    }
    expect(closed).toEqual([true, false, true]);
  });

  it('that stops stays closed, whatever an operator wants of it meanwhile', async () => {
    const { beat, drain, facts } = aNode();
    await beat.once();
    await drain(true);
    await beat.once();
    await beat.stop(100);
    await drain(false);
    await beat.once();
    expect(facts.isDraining).toBe(true);
  });
});
