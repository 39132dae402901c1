import { Controller } from '@nestjs/common';
import { NodeService, type PlatformActor } from '@parley/domain';
import { connectRoutes, nodeRoutes, presentNode, type In } from '@parley/protocol';
import { Endpoint } from './endpoint.js';
import { ServerFacts } from './server-facts.js';

@Controller()
export class NodesController {
  constructor(
    private readonly nodes: NodeService,
    private readonly facts: ServerFacts,
  ) {}

  @Endpoint(nodeRoutes.list)
  async list(actor: PlatformActor) {
    const nodes = await this.nodes.list(actor);
    return { items: nodes.map((node) => presentNode(node, this.facts.nodeId)) };
  }

  @Endpoint(nodeRoutes.drain)
  async drain(actor: PlatformActor, { nodeId }: In<typeof nodeRoutes.drain>) {
    return { node: presentNode(await this.nodes.setDrain(actor, nodeId, true), this.facts.nodeId) };
  }

  @Endpoint(nodeRoutes.resume)
  async resume(actor: PlatformActor, { nodeId }: In<typeof nodeRoutes.resume>) {
    return { node: presentNode(await this.nodes.setDrain(actor, nodeId, false), this.facts.nodeId) };
  }

  @Endpoint(connectRoutes.find)
  async find(_: undefined, { unreachable = [] }: In<typeof connectRoutes.find>) {
    const nodes = this.nodes.destinations(unreachable);
    return { url: nodes[0]?.url ?? this.facts.publicUrl, nodes };
  }
}
