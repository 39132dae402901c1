import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../server/processes.ts';
import type { Stage } from '../stage.ts';
import { isRoot, must, possible, type Fault } from './fault.ts';
import { PLAIN, type Line } from './proxy.ts';

const HELD_MS = 6_000;
/** pingInterval + pingTimeout of the server, and one second for the look. */
const DROPPED_WITHIN_MS = 19_500;

const line = (name: string, title: string, change: Partial<Line>, heldMs = HELD_MS): Fault => ({
  code: 'F20',
  name,
  title,
  answersInTime: false,
  isQuick: true,
  whyNot: possible,
  async play({ proxy }) {
    proxy.line = { ...PLAIN, ...change };
    try {
      await sleep(heldMs);
    } finally {
      proxy.line = PLAIN;
    }
    return performance.now();
  },
});

const nft = (script: string): { readonly status: number | null; readonly stderr: string } =>
  spawnSync('nft', ['-f', '-'], { input: script, encoding: 'utf8' });
const canDropPackets = (): boolean => {
  const table = `parley_chaos_probe_${process.pid}`;
  const isDone = nft(
    `add table ip ${table}\nadd chain ip ${table} in { type filter hook input priority 0; }\nadd rule ip ${table} in tcp dport 1 numgen random mod 100 < 1 drop\n`,
  );
  nft(`delete table ip ${table}\n`);
  return isDone.status === 0;
};

/** Of the packets through the proxy's port on the loopback, both ways. */
const loss = (percent: number): Fault => ({
  code: 'F19',
  name: `F19-${percent}`,
  title: `${percent} % of the packets between half of the clients and the server are lost`,
  answersInTime: false,
  isQuick: percent === 5,
  whyNot: () => (isRoot() && canDropPackets() ? undefined : 'needs root and nftables with numgen'),
  async play({ proxy }) {
    const table = `parley_chaos_${process.pid}`;
    const rules = ['dport', 'sport'].map(
      (side) => `add rule ip ${table} in tcp ${side} ${proxy.port} numgen random mod 100 < ${percent} drop`,
    );
    const made = nft(`add table ip ${table}\nadd chain ip ${table} in { type filter hook input priority 0; }\n${rules.join('\n')}\n`);
    must(made.status === 0, `nft: ${made.stderr}`);
    try {
      await sleep(HELD_MS);
    } finally {
      nft(`delete table ip ${table}\n`);
    }
    return performance.now();
  },
});

const halfOpen: Fault = {
  code: 'F21',
  name: 'F21',
  title: 'half of the connections fall silent without a word: both sides give them up after pingInterval + pingTimeout',
  answersInTime: false,
  isQuick: false,
  whyNot: possible,
  async play(stage) {
    const { proxy, population } = stage;
    const silent = population.people.filter(({ url }) => url === proxy.url).map(({ user }) => user);
    proxy.line = { ...PLAIN, isDead: true };
    try {
      const others = population.people.filter(({ url }) => url !== proxy.url);
      await Promise.all([
        until('the server has dropped who is silent', DROPPED_WITHIN_MS, async () => (await stage.connections()) <= others.length),
        until('clients have noticed', DROPPED_WITHIN_MS, () => silent.every(({ isConnected }) => !isConnected)),
      ]);
    } finally {
      proxy.line = PLAIN;
      proxy.cut();
    }
    return performance.now();
  },
};

const ss = (filter: string): boolean => spawnSync('ss', ['-K', '-t', '-n', filter]).status === 0;

const destroyed: Fault = {
  code: 'F22',
  name: 'F22',
  title: 'live sockets are destroyed under both sides',
  answersInTime: false,
  isQuick: true,
  whyNot: () => (isRoot() && ss('dst 127.0.0.1 dport = :1') ? undefined : 'needs root and ss -K (iproute2, CONFIG_INET_DIAG_DESTROY)'),
  async play(stage: Stage) {
    const { server } = stage;
    for (let round = 0; round < 3; round += 1) {
      stage.blows.push(performance.now());
      for (const port of server.serverPorts) must(ss(`sport = :${port}`), 'ss -K refused');
      await sleep(700);
    }
    return performance.now();
  },
};

const repeated: Fault = {
  code: 'F30',
  name: 'F30',
  title: 'client frames and REST sends are delivered twice: nothing is stored twice',
  answersInTime: false,
  isQuick: true,
  whyNot: possible,
  async play({ proxy, traffic }) {
    const before = proxy.repeated;
    proxy.line = { ...PLAIN, repeatsFrames: true };
    traffic.sendsTwice = true;
    try {
      await until('frames were repeated', 15_000, () => proxy.repeated >= before + 50);
    } finally {
      proxy.line = PLAIN;
      traffic.sendsTwice = false;
    }
    return performance.now();
  },
};

/** What can happen between clients and server. */
export const lineFaults: readonly Fault[] = [
  loss(1),
  loss(5),
  loss(20),
  line('F20-latency', 'half of the clients are 300 ms away, give or take 200', { latencyMs: 300, jitterMs: 200 }),
  line('F20-slices', "half of the clients' bytes arrive one by one", { sliceBytes: 1 }),
  line('F20-bandwidth', 'half of the clients have 400 kbit/s each, in slices', { bytesPerSecond: 50_000, sliceBytes: 200 }),
  line('F20-reset', 'connections are reset in the middle of a frame', { resetChance: 0.02 }),
  halfOpen,
  destroyed,
  repeated,
];
