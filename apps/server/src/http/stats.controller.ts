import { Controller } from '@nestjs/common';
import { Clock, TenantService, type PlatformActor } from '@parley/domain';
import { statsRoutes, type Stats } from '@parley/protocol';
import { Telemetry, type Figures } from '../telemetry/telemetry.js';
import { Endpoint } from './endpoint.js';
import { ServerFacts } from './server-facts.js';

@Controller()
export class StatsController {
  constructor(
    private readonly telemetry: Telemetry,
    private readonly tenants: TenantService,
    private readonly facts: ServerFacts,
    private readonly clock: Clock,
  ) {}

  @Endpoint(statsRoutes.overview)
  async overview(actor: PlatformActor) {
    const { version, profile, startedAt, schemaVersion } = this.facts;
    return {
      stats: presentStats(this.telemetry.latest ?? this.telemetry.tick(this.clock.now())),
      history: this.telemetry.history.map(presentStats),
      tenants: await this.tenants.figures(actor),
      health: await this.facts.health(),
      node: { version, nodeVersion: process.versions.node, profile, startedAt: startedAt.toISOString(), schemaVersion },
    };
  }
}

export function presentStats(figures: Figures): Stats {
  return { ...figures, at: figures.at.toISOString(), connectionsByTenant: { ...figures.connectionsByTenant } };
}
