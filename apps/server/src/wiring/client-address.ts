import { BlockList, isIPv4 } from 'node:net';

interface Request {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly socket: { readonly remoteAddress?: string };
}

/** Is this address one of the trusted proxies? */
export function proxyList(trustedProxies: readonly string[]): (address: string) => boolean {
  const trusted = new BlockList();
  for (const entry of trustedProxies) {
    const [address = '', bits] = entry.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  return (address) => trusted.check(plainAddress(address), isIPv4(plainAddress(address)) ? 'ipv4' : 'ipv6');
}

/** Reads where a request came from: the right-most address that is not a trusted proxy's. Others may write what they like. */
export function addressReader(trustedProxies: readonly string[]): (request: Request) => string {
  const isTrusted = proxyList(trustedProxies);
  return ({ headers, socket }) => {
    const peer = plainAddress(socket.remoteAddress ?? '');
    if (!isTrusted(peer)) return peer;
    const chain = String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((part) => plainAddress(part.trim()))
      .filter(Boolean);
    return chain.reverse().find((address) => !isTrusted(address)) ?? peer;
  };
}

/** IPv4 in IPv6 clothes is IPv4. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');
