import { NodeProbe } from '@parley/domain';

const PATIENCE_MS = 2_000;

/** Asks a node for `/readyz`, at the address its operator gave it. */
export class HttpNodeProbe extends NodeProbe {
  override async isReady(url: string): Promise<boolean> {
    try {
      const response = await fetch(new URL('readyz', url.endsWith('/') ? url : `${url}/`), {
        signal: AbortSignal.timeout(PATIENCE_MS),
        redirect: 'error',
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }
}
