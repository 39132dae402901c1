import { describe, expect, it } from 'vitest';
import { addressGroup } from './address-group.js';

describe('an address where addresses are limited', () => {
  it('is itself in IPv4, also in IPv6 clothes', () => {
    for (const address of ['203.0.113.7', '::ffff:203.0.113.7', 'local']) expect(addressGroup(address)).toBe(address);
  });

  it('is its /64 in IPv6, however it is written', () => {
    for (const address of ['2001:db8:0:1::1', '2001:0DB8:0000:0001:ffff:1:2:3', '2001:db8:0:1:0:0:0:9', '2001:db8:0:1::1%eth0'])
      expect(addressGroup(address), address).toBe('2001:db8:0:1::/64');
    expect(addressGroup('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(addressGroup('::1')).toBe('0:0:0:0::/64');
    expect(addressGroup('fe80::')).toBe('fe80:0:0:0::/64');
    expect(addressGroup('2001:db8:0:2::1')).not.toBe(addressGroup('2001:db8:0:1::1'));
  });
});
