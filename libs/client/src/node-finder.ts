import { routes } from '@parley/protocol';
import { HttpClient } from './http.js';

const TIMEOUT_MS = 5_000;
/** More the server does not take. */
const UNREACHABLE_MAX = 5;

/** Asks the server which of its nodes to connect to, for installations without a load balancer. */
export class NodeFinder {
  private readonly http: HttpClient;
  private present?: string;
  private readonly unreachable = new Set<string>();

  constructor(
    private readonly url: string,
    fetcher?: typeof fetch,
  ) {
    this.http = new HttpClient({ url, timeoutMs: TIMEOUT_MS, fetch: fetcher });
  }

  /** Where to connect now; the address that is known anyway, where nobody can say. */
  async find(): Promise<string> {
    const unreachable = [...this.unreachable].slice(-UNREACHABLE_MAX).join(',');
    try {
      const { url, nodes } = await this.http.call(routes.connect.find, unreachable === '' ? {} : { unreachable });
      this.present = nodes[0]?.nodeId;
      return url ?? this.url;
    } catch {
      // Perhaps all nodes were unreachable for a while, perhaps this client was: it begins anew.
      this.unreachable.clear();
      this.present = undefined;
      return this.url;
    }
  }

  /** The node could not be reached, or broke off before it was of use: the next one is asked for without it. */
  failed(): void {
    if (this.present !== undefined) this.unreachable.add(this.present);
    this.present = undefined;
  }

  reached(): void {
    this.unreachable.clear();
  }
}
