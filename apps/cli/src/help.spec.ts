import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closest } from './hooks/closest.js';
import { commandClasses, Machine } from './testing/run-cli.js';

const commands = await commandClasses();
const named = [...commands].map(([id, command]): [string, typeof command] => [id.replaceAll(':', ' '), command]);
let machine: Machine;

beforeAll(async () => {
  machine = await Machine.start();
});
afterAll(() => machine.stop());

describe('every command', () => {
  it.each(named)('%s says what it does, with an example, and has --json', (id, command) => {
    expect(command.summary).toMatch(/^[A-Z].{5,70}[^.]$/);
    expect(command.description?.length).toBeGreaterThan(10);
    expect(command.enableJsonFlag).toBe(true);
    expect(command.examples.length).toBeGreaterThan(0);
    for (const example of command.examples) expect(example).toContain(`<%= config.bin %> ${id}`);
    for (const [name, flag] of Object.entries(command.flags ?? {})) expect(flag.summary, `--${name}`).toBeTruthy();
    for (const [name, arg] of Object.entries(command.args)) expect(arg.description, name).toBeTruthy();
  });

  it.each(named)('%s --help prints help, silently otherwise', async (id) => {
    const ran = await machine.run([...id.split(' '), '--help']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain(`$ chatctl ${id}`);
    expect(ran.stdout).toContain('EXAMPLES');
  });

  it.each(named)('%s has the flags of its own examples', (_id, command) => {
    for (const example of command.examples) {
      const text = typeof example === 'string' ? example : example.command;
      const flags = [...text.matchAll(/ --([a-z-]+)/g)].map((match) => match[1] ?? '');
      const known = Object.keys({ ...command.baseFlags, ...command.flags, json: true });
      expect(known.flatMap((name) => [name, `no-${name}`])).toEqual(expect.arrayContaining(flags));
    }
  });
});

describe('chatctl --help', () => {
  it('documents the exit codes', async () => {
    const { stdout } = await machine.run(['--help']);
    for (const line of ['0  done', '2  wrong usage', '7  server unreachable', '8  a check failed']) expect(stdout).toContain(line);
  });
});

describe('an unknown command', () => {
  it('suggests the near one', async () => {
    const ran = await machine.run(['tenats', 'list', '--help']);
    expect(ran).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Error: There is no command "tenats list". Did you mean: chatctl tenants list?\nSee more help with --help\n',
    });
  });

  it('suggests nothing when nothing is near', () => {
    expect(closest('users lst', ['users list', 'rooms list'])).toBe('users list');
    expect(closest('make coffee', ['users list', 'rooms list'])).toBeUndefined();
  });
});
