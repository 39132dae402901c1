import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from './redis-url.js';

describe('the address of Redis', () => {
  it('is that of one server', () => {
    expect(parseRedisUrl('redis://localhost')).toEqual({
      kind: 'single',
      hosts: [{ host: 'localhost', port: 6_379 }],
      isTls: false,
      database: 0,
    });
    expect(parseRedisUrl('rediss://parley:p%40ss@[::1]:7000/3')).toEqual({
      kind: 'single',
      hosts: [{ host: '::1', port: 7_000 }],
      isTls: true,
      database: 3,
      username: 'parley',
      password: 'p@ss',
    });
    expect(parseRedisUrl('redis://:secret@cache')).toMatchObject({ password: 'secret' });
  });

  it('is that of several Sentinels and the name they watch', () => {
    expect(parseRedisUrl('redis+sentinel://:secret@a,b:26380/main/1')).toEqual({
      kind: 'sentinel',
      hosts: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_380 },
      ],
      isTls: false,
      database: 1,
      password: 'secret',
      master: 'main',
    });
  });

  it('is that of some nodes of a cluster', () => {
    expect(parseRedisUrl('rediss+cluster://a:7000,b')).toMatchObject({
      kind: 'cluster',
      hosts: [
        { host: 'a', port: 7_000 },
        { host: 'b', port: 6_379 },
      ],
      isTls: true,
    });
  });

  it.each([
    'localhost:6379',
    'http://localhost',
    'redis://',
    'redis://a,b',
    'redis://a/x',
    'redis+sentinel://a',
    'redis+cluster://a/1',
    'redis+other://a',
    'redis://a b',
    'redis://a?x=1',
  ])('is not %s', (url) => expect(parseRedisUrl(url)).toBeUndefined());
});
