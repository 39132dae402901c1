import { socketCommands, type CommandSpec } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withIds } from '../testing/ids.js';
import { aScene, NOWHERE, platformRows, rowsOf, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser, type Ack } from '../testing/socket-user.js';
import { until } from '../testing/until.js';
import { COMMAND_ROWS, type CommandName, type OperatorCaller, type Outcome, type Row, type UserCaller } from './isolation.table.js';

let server: MemoryServer;
beforeAll(async () => {
  server = await serverOnMemory();
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

type Caller = UserCaller | OperatorCaller;
const COMMANDS: readonly [CommandName, CommandSpec][] = Object.entries(socketCommands).flatMap(([noun, table]) =>
  Object.entries(table).map(([verb, spec]): [CommandName, CommandSpec] => [`${noun}.${verb}` as CommandName, spec]),
);
const rowOf = (name: CommandName): Row => COMMAND_ROWS[name];
const problemOf = ({ error }: Ack) => ({ ...error, requestId: '' });

/** Connected where the command is served; closed after. */
async function as<T>(scene: Scene, caller: Caller, { namespace }: CommandSpec, act: (user: SocketUser) => Promise<T>): Promise<T> {
  const user =
    namespace === '/chat'
      ? await SocketUser.enter(server.url, scene[caller])
      : SocketUser.dial(server.url, { namespace, auth: { token: scene[caller] } });
  await until('connected', () => user.socket.connected);
  try {
    return await act(user);
  } finally {
    user.leave();
  }
}

function expectOutcome(outcome: Outcome, ack: Ack, missing: Ack, row: Row): void {
  if (outcome === 'allowed' || outcome === 'own') {
    expect(ack.error?.code).toBe(row.success);
    if (outcome === 'own') expect(JSON.stringify(ack)).not.toMatch(/canary of acme|crew/);
  } else if (outcome === 'missing') {
    expect(ack.error?.code).toBe('not-found');
    expect(problemOf(ack)).toEqual(problemOf(missing));
  } else if (outcome.startsWith('inside:')) {
    expect(ack).toMatchObject({ ok: true, rooms: [{ error: { code: outcome.slice('inside:'.length) } }] });
    expect(JSON.stringify(ack)).not.toContain('canary');
  } else {
    expect(ack).toMatchObject({ ok: false, error: { code: outcome } });
  }
}

describe.each(COMMANDS)('%s', (name, spec) => {
  const row = rowOf(name);
  const outcomes = Object.entries(row.outcomes) as [Caller, Outcome][];
  const isChange = ([, outcome]: [Caller, Outcome]): boolean => outcome === 'allowed' || outcome === 'own';

  it('refuses whom the table refuses, and nothing changes', async () => {
    const scene = await aScene(server);
    const rows = () => [rowsOf(server.db, scene.tenantId), rowsOf(server.db, scene.otherId), platformRows(server.db)];
    const before = rows();
    for (const [caller, outcome] of outcomes.filter((one) => !isChange(one))) {
      await as(scene, caller, spec, async (user) => {
        const ack = await user.ask(spec.name, row.args(scene));
        expectOutcome(outcome, ack, await user.ask(spec.name, withIds(row.args(scene), NOWHERE)), row);
      });
    }
    expect(rows()).toEqual(before);
  });

  it.each(outcomes.filter(isChange))('lets in: %s, %s', async (caller, outcome) => {
    const scene = await aScene(server);
    const before = rowsOf(server.db, scene.tenantId);
    await as(scene, caller, spec, async (user) => {
      const ack = await user.ask(spec.name, row.args(scene));
      expectOutcome(outcome, ack, ack, row);
    });
    if (outcome === 'own') expect(rowsOf(server.db, scene.tenantId)).toBe(before);
  });

  it('is not served on the other namespace', async () => {
    const scene = await aScene(server);
    const other = { ...spec, namespace: spec.namespace === '/chat' ? ('/admin' as const) : ('/chat' as const) };
    await as(scene, other.namespace === '/chat' ? 'owner' : 'platformOwner', other, async (user) => {
      expect((await user.ask(spec.name, row.args(scene))).error).toMatchObject({ code: 'not-found', detail: 'no such command' });
    });
  });
});

it('has a row for every command', () => {
  expect(Object.keys(COMMAND_ROWS).sort()).toEqual(COMMANDS.map(([name]) => name).sort());
});

describe('the doors', () => {
  it('case 83: /chat takes users of a tenant and nobody else', async () => {
    const scene = await aScene(server);
    const codes: Record<string, string | undefined> = {};
    const tokens: Record<string, unknown> = {
      none: undefined,
      empty: '',
      number: 7,
      object: { $ne: null },
      garbage: 'a.b.c',
      key: scene.key,
      operator: scene.platformOwner,
    };
    for (const [what, token] of Object.entries(tokens)) {
      codes[what] = (await SocketUser.refused(server.url, { auth: token === undefined ? {} : { token } })).code;
    }
    expect(codes).toEqual({
      none: 'unauthenticated',
      empty: 'unauthenticated',
      number: 'unauthenticated',
      object: 'unauthenticated',
      garbage: 'token-invalid',
      key: 'token-invalid',
      operator: 'token-invalid',
    });
  });

  it('case 83: /admin takes operators and nobody else', async () => {
    const scene = await aScene(server);
    const codeOf = async (auth: object) => (await SocketUser.refused(server.url, { namespace: '/admin', auth })).code;
    expect(await codeOf({})).toBe('forbidden');
    expect(await codeOf({ token: 'garbage' })).toBe('token-invalid');
    expect(await codeOf({ token: scene.owner })).toBe('token-invalid');
    expect(await codeOf({ token: scene.key })).toBe('token-invalid');
  });

  it('shows users of one tenant no event of another', async () => {
    const scene = await aScene(server);
    const [ann, zed] = [await SocketUser.enter(server.url, scene.owner), await SocketUser.enter(server.url, scene.foreigner)];
    await ann.ask('message.send', { roomId: scene.roomId, clientMessageId: 'x', text: 'only here' });
    await ann.see('message.created');
    await zed.ask('message.send', { roomId: scene.otherRoomId, clientMessageId: 'x', text: 'only there' });
    await zed.see('message.created');
    expect(ann.texts).toEqual(['only here']);
    expect(zed.texts).toEqual(['only there']);
    ann.leave();
    zed.leave();
  });
});
