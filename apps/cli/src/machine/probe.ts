/** What `/readyz` says; `detail` is the reason of a check that is not ok. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail?: string }[];
}

export interface ServerVersion {
  readonly version: string;
  readonly api: string;
  readonly features: readonly string[];
  readonly nodeVersion: string;
  readonly schemaVersion: string;
  readonly profile: string;
}

export interface Probe<T> {
  readonly body?: T;
  /** Why there is no body. */
  readonly reason?: string;
  /** The server's clock less ours. The header counts whole seconds, so up to a second means nothing. */
  readonly clockSkewMs?: number;
}

const TIMEOUT_MS = 5_000;

export const probeReadiness = (url: string): Promise<Probe<Readiness>> => probe(`${url}/readyz`, isReadiness);
export const probeVersion = (url: string): Promise<Probe<ServerVersion>> => probe(`${url}/version`, isVersion);

/** Health has no credentials and is no row of the route table. 503 carries reasons, so it is an answer too. */
async function probe<T>(address: string, isExpected: (value: unknown) => value is T): Promise<Probe<T>> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: 'application/json' } });
    text = await response.text();
  } catch (error) {
    return { reason: reasonOf(error, address) };
  }
  const date = Date.parse(response.headers.get('date') ?? '');
  const clockSkewMs = Number.isNaN(date) ? undefined : date - Date.now();
  const body = parsed(text);
  return isExpected(body) ? { body, clockSkewMs } : { reason: `${address} answered ${response.status}, not as Parley does`, clockSkewMs };
}

function reasonOf(error: unknown, address: string): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `${address} did not answer within ${TIMEOUT_MS / 1000} s`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return `${address} cannot be reached${code ? ` (${code})` : ''}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isReadiness(value: unknown): value is Readiness {
  return typeof value === 'object' && value !== null && 'ready' in value && 'checks' in value && Array.isArray(value.checks);
}

function isVersion(value: unknown): value is ServerVersion {
  return typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'string';
}
