import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aFarSide, type FarSide, Refusal, TOKEN } from './testing/far-side.js';
import { Machine, type Ran } from './testing/run-cli.js';

let machine: Machine;
let side: FarSide;

beforeAll(async () => {
  side = await aFarSide();
  machine = await Machine.start({ PARLEY_URL: side.url, PARLEY_TOKEN: TOKEN });
});
afterAll(() => Promise.all([side.close(), machine.stop()]));
beforeEach(() => {
  side.heard.length = 0;
  side.answers = {};
});

describe('errors', () => {
  const cases: [number, string, number][] = [
    [400, 'bad-cursor', 2],
    [422, 'idempotency-mismatch', 2],
    [401, 'token-expired', 3],
    [403, 'forbidden', 3],
    [404, 'not-found', 4],
    [409, 'conflict', 5],
    [429, 'rate-limited', 6],
    [503, 'unavailable', 7],
    [500, 'internal', 1],
  ];
  it.each(cases)('%i %s ends with %i', async (status, code, exit) => {
    side.answers['tenants.get'] = () => new Refusal(status, code, { detail: 'Because.' });
    const plain = await machine.run(['tenants', 'show', 'acme']);
    expect(plain).toEqual({ code: exit, stdout: '', stderr: `Error: Because.\n  ${code}, request req-1\n` });
    const machineReadable = await machine.run(['tenants', 'show', 'acme', '--json']);
    expect(machineReadable).toMatchObject({ code: exit, stdout: '' });
    expect(JSON.parse(machineReadable.stderr)).toMatchObject({ error: { status, code, detail: 'Because.' } });
  });

  it('names the fields that were refused', async () => {
    const ran = await machine.run(['tenants', 'create', 'Not An Id']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('/id: 1 to 63 of a-z 0-9 -');
  });

  it('tells an unreachable server from a refusal', async () => {
    const ran = await machine.run(['tenants', 'list', '--json'], { PARLEY_URL: 'http://127.0.0.1:9' });
    expect(ran).toMatchObject({ code: 7, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'unavailable', status: 0 } });
  });

  it('does not take another server’s page for an answer', async () => {
    side.pages['/v1/admin/tenants'] = { status: 200, body: undefined };
    const ran: Ran = await machine.run(['tenants', 'list']).finally(() => Reflect.deleteProperty(side.pages, '/v1/admin/tenants'));
    expect(ran).toMatchObject({ code: 7, stdout: '' });
    expect(ran.stderr).toContain('Parley');
  });

  it.each([
    [['tenants', 'list', '--bogus']],
    [['tokens', 'mint']],
    [['tokens', 'mint', '--user', 'a', '--expires', '30']],
    [['tenants', 'list', '--limit', '101']],
    [['tenants', 'create']],
  ])('%j is wrong usage, said once', async (argv) => {
    const ran = await machine.run(argv);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(/^Error: .+\nSee more help with --help\n$/s);
    expect(JSON.parse((await machine.run([...argv, '--json'])).stderr)).toMatchObject({ error: { code: 'validation-failed' } });
    expect(side.heard).toEqual([]);
  });
});
