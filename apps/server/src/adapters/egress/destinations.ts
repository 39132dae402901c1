import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Global unicast: everything else of IPv6 is local, multicast, reserved, or leads into IPv4 by some tunnel. */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** Public by its number, and the host of a virtual machine of Azure. */
const AZURE_HOST = '168.63.129.16';
/** Names that resolvers keep for the machine and the local network. */
const LOCAL_NAMES = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|home\.arpa|corp|test|invalid|onion)$/;
/** Of services that understand a line of text, and of databases. */
const CLOSED_PORTS = new Set([
  ...[1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113],
  ...[115, 117, 119, 123, 135, 137, 138, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548],
  ...[554, 556, 563, 587, 601, 636, 873, 989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 2380, 3306, 3389],
  ...[3659, 4045, 4190, 5060, 5061, 5432, 5433, 5672, 5900, 6000, 6379, 6380, 6432, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697],
  ...[7000, 8500, 9042, 9092, 9200, 9300, 10080, 10250, 10255, 11211, 26379, 27017, 27018],
]);
const URL_MAX = 2_048;

type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** Which addresses may be connected to, and which URLs may lead to one. */
export class Destinations {
  private readonly allowed: readonly Network[];
  private readonly ownHosts: ReadonlySet<string>;

  /**
   * `networks`: in CIDR notation, allowed although they are not public. `ownUrls`: of this server, which sends nothing to
   * itself. Throws where a network cannot be read.
   */
  constructor({ networks = [], ownUrls = [] }: { readonly networks?: readonly string[]; readonly ownUrls?: readonly string[] } = {}) {
    this.allowed = networks.map((network) => ipaddr.parseCIDR(network));
    this.ownHosts = new Set(ownUrls.map((url) => new URL(url).host));
  }

  /** `address` as sockets and resolvers give it. */
  isOpen(address: string): boolean {
    if (isIP(address) === 0) return false;
    const ip = ipaddr.process(address);
    if (this.allowed.some((network) => isWithin(ip, network))) return true;
    if (ip.range() !== 'unicast') return false;
    return ip instanceof ipaddr.IPv6 ? ip.match(GLOBAL_V6) : ip.toString() !== AZURE_HOST;
  }

  /** Why nothing may be sent there, whatever its name stands for. */
  whyNot(text: string): string | undefined {
    if (text.length > URL_MAX) return `must have at most ${URL_MAX} characters`;
    const url = URL.parse(text);
    if (!url) return 'must be an absolute URL';
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://';
    if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
    if (url.hash !== '') return 'must not have a fragment';
    if (CLOSED_PORTS.has(Number(url.port))) return `must not use port ${url.port}`;
    if (this.ownHosts.has(url.host)) return 'must not be an address of this server';
    const address = addressIn(url);
    if (address !== undefined) return this.isOpen(address) ? undefined : 'must be an address of the public internet';
    const name = url.hostname.replace(/\.$/, '');
    if (LOCAL_NAMES.test(name) && this.allowed.length === 0) return 'must be a name of the public internet';
    return undefined;
  }
}

/** The address a URL names itself, in whatever notation: the parser has made it plain. */
function addressIn({ hostname }: URL): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? undefined : bare;
}

function isWithin(ip: ipaddr.IPv4 | ipaddr.IPv6, [network, bits]: Network): boolean {
  if (ip instanceof ipaddr.IPv6) return network instanceof ipaddr.IPv6 && ip.match(network, bits);
  return network instanceof ipaddr.IPv4 && ip.match(network, bits);
}
