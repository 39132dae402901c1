import { Args, Flags } from '@oclif/core';
import { routes } from '@parley/protocol';
import { ApiCommand } from '../../api.command.js';
import { CommandError } from '../../errors.js';
import { EXIT } from '../../exit-codes.js';
import { dryRunFlag, yesFlag } from '../../flags.js';

const LOOK_EVERY_MS = 1_000;

export default class NodesDrain extends ApiCommand {
  static override summary = 'Empty a node';
  static override description =
    'It takes no new connections and sends its clients elsewhere over some seconds; the process goes on running. --resume undoes it. --wait returns when nobody is connected any more. Without a terminal it needs --yes.';
  static override examples = [
    '<%= config.bin %> nodes drain 0198c5c2-7b1e-7c3a-9d2f-3f1f6a2b4c5d --yes --wait 60',
    '<%= config.bin %> nodes drain 0198c5c2-7b1e-7c3a-9d2f-3f1f6a2b4c5d --resume',
  ];
  static override args = { node: Args.string({ required: true, description: 'Its id, as nodes list tells it' }) };
  static override flags = {
    resume: Flags.boolean({ summary: 'Let it take clients again', exclusive: ['wait'] }),
    wait: Flags.integer({ min: 1, max: 3_600, summary: 'Wait at most so many seconds until it is empty' }),
    yes: yesFlag,
    'dry-run': dryRunFlag,
  };

  async run() {
    const { args, flags } = await this.parse(NodesDrain);
    const { api } = await this.connect(flags);
    const named = { nodeId: args.node };
    const route = flags.resume ? routes.nodes.resume : routes.nodes.drain;
    if (flags['dry-run']) return this.wouldCall(route, named);
    if (!flags.resume) await this.confirm(`Send all clients of ${args.node} elsewhere?`, { yes: flags.yes, needsYes: true });
    const answer = await api.call(route, named);
    if (flags.wait === undefined) {
      this.log(
        flags.resume
          ? `${answer.node.id} takes clients again.`
          : `${answer.node.id} is being emptied of ${answer.node.connections} connections.`,
      );
      return answer;
    }
    const deadline = performance.now() + flags.wait * 1_000;
    for (;;) {
      const { items } = await api.call(routes.nodes.list, {});
      const node = items.find(({ id }) => id === args.node);
      if (!node || node.state === 'gone' || node.connections === 0) {
        this.log(`${args.node} is empty.`);
        return { node: node ?? answer.node };
      }
      if (performance.now() >= deadline)
        throw new CommandError(`${node.connections} connections are still there after ${flags.wait} s.`, EXIT.checkFailed);
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
  }
}
