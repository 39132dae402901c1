export interface RedisPlace {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  /** What Sentinel calls the one that takes writes. */
  readonly master?: string;
}

const PORTS = { single: 6_379, sentinel: 26_379, cluster: 6_379 } as const;
const URL_SHAPE = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?#]+)(?:\/([^?#]*))?$/;

/**
 * `redis://[user:password@]host[:port][/database]`, `redis+sentinel://…@host[:port],host…/master[/database]` or
 * `redis+cluster://…@host[:port],host…`; with TLS `rediss`. Undefined for anything else.
 */
export function parseRedisUrl(url: string): RedisPlace | undefined {
  const parts = URL_SHAPE.exec(url);
  if (!parts) return undefined;
  const [, scheme, kind = 'single', user = '', password = '', list = '', path = ''] = parts as unknown as (string | undefined)[];
  if (kind !== 'single' && kind !== 'sentinel' && kind !== 'cluster') return undefined;
  const hosts = list.split(',').map((text) => hostOf(text, PORTS[kind]));
  const [first = '', second] = path.split('/');
  const database = Number((kind === 'sentinel' ? second : first) || 0);
  const isWrong =
    hosts.some((host) => !host) ||
    !Number.isInteger(database) ||
    (kind === 'single' && hosts.length > 1) ||
    (kind === 'sentinel' && first === '') ||
    (kind === 'cluster' && path !== '');
  if (isWrong) return undefined;
  return {
    kind,
    hosts: hosts.flatMap((host) => (host ? [host] : [])),
    isTls: scheme === 'rediss',
    database,
    ...(user ? { username: decodeURIComponent(user) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(kind === 'sentinel' ? { master: first } : {}),
  };
}

function hostOf(text: string, port: number): RedisPlace['hosts'][number] | undefined {
  const [, ipv6, name, explicit] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = ipv6 ?? name;
  return host === undefined ? undefined : { host, port: explicit === undefined ? port : Number(explicit) };
}
