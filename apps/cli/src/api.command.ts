import { HttpClient } from '@parley/client';
import { type Args, type RouteSpec, routes } from '@parley/protocol';
import { BaseCommand } from './base.command.js';
import { type Asked, connectionOf } from './contexts/connection.js';
import { CommandError } from './errors.js';
import { EXIT } from './exit-codes.js';
import { connectionFlags, tenantFlag } from './flags.js';
import { collect, type Page, type PageAsked } from './paging.js';

export interface DryRun {
  readonly dryRun: true;
  readonly request: { readonly method: string; readonly path: string; readonly body?: Readonly<Record<string, unknown>> };
}

interface PageFlags {
  readonly limit?: number;
  readonly cursor?: string;
  readonly all: boolean;
}

/** A command that asks a server. */
export abstract class ApiCommand extends BaseCommand {
  static override baseFlags = { ...connectionFlags };

  protected async connect(asked: Asked): Promise<{ api: HttpClient; tenant?: string }> {
    const connection = await connectionOf(asked, this.environment);
    for (const warning of connection.warnings) this.note(`Warning: ${warning}`);
    const headers = { authorization: `Bearer ${connection.token}`, 'user-agent': `chatctl/${this.config.version}` };
    return { api: new HttpClient({ url: connection.url, headers: () => headers }), tenant: connection.tenant };
  }

  /** One page, or with `--all` every page. */
  protected async pages<T>(flags: PageFlags, fetch: (asked: PageAsked) => Promise<Page<T>>): Promise<Page<T>> {
    if (flags.all) return collect(fetch, { cursor: flags.cursor, limit: flags.limit, progress: (count) => this.progress(count) });
    const page = await fetch({ limit: flags.limit, cursor: flags.cursor });
    if (page.nextCursor !== null) this.note(`There is more: --all, or --cursor ${page.nextCursor}`);
    return page;
  }

  protected progress(count: number): void {
    if (process.stderr.isTTY && !this.jsonEnabled()) process.stderr.write(`\r${count} …\r`);
  }

  /** What `route` would have been asked, in place of asking it. */
  protected wouldCall<R extends RouteSpec>(route: R, args: Args<R>): DryRun {
    const body: Record<string, unknown> = { ...(args as Record<string, unknown>) };
    const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
      const value = body[name];
      delete body[name];
      return encodeURIComponent(String(value));
    });
    const rest = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    const request = { method: route.method, path, ...(Object.keys(rest).length > 0 && { body: rest }) };
    this.log(`Would ask: ${request.method} ${path}${request.body ? ` ${JSON.stringify(request.body)}` : ''}`);
    return { dryRun: true, request };
  }
}

/** A command about one tenant. */
export abstract class TenantCommand extends ApiCommand {
  static override baseFlags = { ...connectionFlags, tenant: tenantFlag };

  protected async inTenant(asked: Asked & { readonly tenant?: string }): Promise<{ api: HttpClient; tenantId: string }> {
    const { api, tenant } = await this.connect(asked);
    return { api, tenantId: asked.tenant ?? tenant ?? (await onlyTenant(api)) };
  }
}

async function onlyTenant(api: HttpClient): Promise<string> {
  const { items } = await api.call(routes.tenants.list, { limit: 2 });
  const [first, second] = items;
  if (first === undefined) throw new CommandError('There is no tenant yet.', EXIT.usage, 'chatctl tenants create ID');
  if (second !== undefined)
    throw new CommandError('There are several tenants: name one with --tenant.', EXIT.usage, 'chatctl tenants list shows them.');
  return first.id;
}
