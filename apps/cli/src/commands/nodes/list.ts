import { routes } from '@parley/protocol';
import { ApiCommand } from '../../api.command.js';
import { time } from '../../output/format.js';

const MEBIBYTE = 1_048_576;

export default class NodesList extends ApiCommand {
  static override summary = 'List the processes of the installation';
  static override description = 'Those of the last day, the oldest first. A node that was not heard of for 10 s is gone.';
  static override examples = ['<%= config.bin %> nodes list', '<%= config.bin %> nodes list --json'];

  async run() {
    const { flags } = await this.parse(NodesList);
    const { api } = await this.connect(flags);
    const { items } = await api.call(routes.nodes.list, {});
    this.table(items, {
      ID: ({ id }) => id,
      STATE: ({ state }) => state,
      ROLE: ({ role }) => role,
      CONNECTIONS: ({ connections }) => connections,
      'MSG/S': ({ messagesPerSecond }) => messagesPerSecond,
      'LOOP MS': ({ eventLoopDelayMs }) => eventLoopDelayMs,
      MIB: ({ memoryBytes }) => Math.round(memoryBytes / MEBIBYTE),
      REDIS: ({ redis }) => redis,
      VERSION: ({ version }) => version,
      STARTED: ({ startedAt }) => time(startedAt),
      URL: ({ url }) => url ?? '',
    });
    return { items };
  }
}
