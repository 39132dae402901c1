import { describe, expect, it } from 'vitest';
import { Destinations } from './destinations.js';

const closed = new Destinations({ ownUrls: ['https://chat.example.com/app', 'http://203.0.114.9:8080'] });
const PUBLIC = 'must be an address of the public internet';
const NAME = 'must be a name of the public internet';

/** Case 106: a URL that somebody would like our server to ask. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['http://127.0.0.1/', PUBLIC],
  ['http://127.1/', PUBLIC],
  ['http://127.0.0.1./', PUBLIC],
  ['http://2130706433/', PUBLIC],
  ['http://0x7f000001/', PUBLIC],
  ['http://0x7f.0.0.1/', PUBLIC],
  ['http://0177.0.0.1/', PUBLIC],
  ['http://017700000001/', PUBLIC],
  ['http://127.255.255.254/', PUBLIC],
  ['http://①②⑦.0.0.1/', PUBLIC],
  ['http://%31%32%37.0.0.1/', PUBLIC],
  ['http://0/', PUBLIC],
  ['http://0.0.0.0/', PUBLIC],
  ['http://10.0.0.1/', PUBLIC],
  ['http://172.16.0.1/', PUBLIC],
  ['http://172.31.255.255/', PUBLIC],
  ['http://192.168.1.1/', PUBLIC],
  ['http://169.254.169.254/latest/meta-data/', PUBLIC],
  ['http://0xa9fea9fe/', PUBLIC],
  ['http://168.63.129.16/machine', PUBLIC],
  ['http://100.64.0.1/', PUBLIC],
  ['http://100.100.100.200/latest/', PUBLIC],
  ['http://192.0.0.192/', PUBLIC],
  ['http://192.0.2.1/', PUBLIC],
  ['http://198.18.0.1/', PUBLIC],
  ['http://224.0.0.1/', PUBLIC],
  ['http://240.0.0.1/', PUBLIC],
  ['http://255.255.255.255/', PUBLIC],
  ['http://[::1]/', PUBLIC],
  ['http://[::]/', PUBLIC],
  ['http://[0:0:0:0:0:0:0:1]/', PUBLIC],
  ['http://[::ffff:127.0.0.1]/', PUBLIC],
  ['http://[::ffff:7f00:1]/', PUBLIC],
  ['http://[::ffff:a9fe:a9fe]/', PUBLIC],
  ['http://[::127.0.0.1]/', PUBLIC],
  ['http://[64:ff9b::7f00:1]/', PUBLIC],
  ['http://[64:ff9b:1::a00:1]/', PUBLIC],
  ['http://[2002:7f00:1::]/', PUBLIC],
  ['http://[2001:0:7f00:1::]/', PUBLIC],
  ['http://[2001:db8::1]/', PUBLIC],
  ['http://[fe80::1]/', PUBLIC],
  ['http://[fec0::1]/', PUBLIC],
  ['http://[fc00::1]/', PUBLIC],
  ['http://[fd00:ec2::254]/', PUBLIC],
  ['http://[ff02::1]/', PUBLIC],
  ['http://localhost/', NAME],
  ['http://localhost./', NAME],
  ['http://LOCALHOST/', NAME],
  ['http://a.localhost/', NAME],
  ['http://printer.local/', NAME],
  ['http://metadata.google.internal/', NAME],
  ['https://user@example.com/', 'must not hold a user name or password'],
  ['https://example.com:pw@10.0.0.1/', 'must not hold a user name or password'],
  ['https://example.com@127.0.0.1/', 'must not hold a user name or password'],
  ['https://example.com/#x', 'must not have a fragment'],
  ['http://example.com:22/', 'must not use port 22'],
  ['http://example.com:25/', 'must not use port 25'],
  ['http://example.com:6379/', 'must not use port 6379'],
  ['http://example.com:5432/', 'must not use port 5432'],
  ['file:///etc/passwd', 'must begin with https:// or http://'],
  ['gopher://example.com/', 'must begin with https:// or http://'],
  ['data:text/plain,x', 'must begin with https:// or http://'],
  ['ftp://example.com/', 'must begin with https:// or http://'],
  ['javascript:alert(1)', 'must begin with https:// or http://'],
  ['//example.com/', 'must be an absolute URL'],
  ['example.com', 'must be an absolute URL'],
  ['http://', 'must be an absolute URL'],
  ['http://exa mple.com/', 'must be an absolute URL'],
  ['http://1.2.3.4.5/', 'must be an absolute URL'],
  ['http://[::1%25eth0]/', 'must be an absolute URL'],
  [`https://example.com/${'x'.repeat(2_048)}`, 'must have at most 2048 characters'],
  ['https://chat.example.com/v1/admin/tenants', 'must not be an address of this server'],
  ['HTTPS://CHAT.example.com:443/', 'must not be an address of this server'],
  ['http://203.0.114.9:8080/', 'must not be an address of this server'],
];

const FINE = [
  'https://example.com/hook',
  'http://example.com:8080/hook?a=1',
  'https://93.184.215.14/',
  'https://[2606:4700::1111]/',
  'https://münchen.example/',
];

describe('what may be sent to', () => {
  it.each(REFUSED)('is not %s', (url, why) => {
    expect(closed.whyNot(url)).toBe(why);
  });

  it.each(FINE)('is %s', (url) => {
    expect(closed.whyNot(url)).toBeUndefined();
  });

  it('is a network the operator named, and nothing beside it', () => {
    const opened = new Destinations({ networks: ['10.1.2.0/24', 'fd12::/16'] });
    expect(opened.whyNot('http://10.1.2.3/')).toBeUndefined();
    expect(opened.whyNot('http://[::ffff:10.1.2.3]/')).toBeUndefined();
    expect(opened.whyNot('http://[fd12::1]/')).toBeUndefined();
    expect(opened.whyNot('http://hooks.corp/')).toBeUndefined();
    for (const url of ['http://10.1.3.1/', 'http://127.0.0.1/', 'http://[fd13::1]/']) expect(opened.whyNot(url), url).toBe(PUBLIC);
    expect(opened.whyNot('http://10.1.2.3:6379/')).toBe('must not use port 6379');
  });

  it('cannot be told by a network that cannot be read', () => {
    for (const network of ['10.1.2.0', 'all', '10.1.2.0/33']) expect(() => new Destinations({ networks: [network] }), network).toThrow();
  });

  it('is no address that is none', () => {
    for (const address of ['', 'example.com', '1.2.3', '::1%lo']) expect(closed.isOpen(address), address).toBe(false);
  });
});
