import { describe, expect, it } from 'vitest';
import { AesSecretBox } from './aes-secret-box.js';

const KEY = 'k'.repeat(32);

describe('the secret box', () => {
  it('opens what it sealed, and never seals the same way twice', () => {
    const box = new AesSecretBox(KEY);
    const sealed = [box.seal('the secret'), box.seal('the secret')];
    expect(new Set(sealed).size).toBe(2);
    for (const one of sealed) {
      expect(one).not.toContain('the secret');
      expect(new AesSecretBox(KEY).open(one)).toBe('the secret');
    }
  });

  it('opens nothing that was changed anywhere, or sealed under another key', () => {
    const sealed = new AesSecretBox(KEY).seal('the secret');
    expect(() => new AesSecretBox('another'.repeat(6)).open(sealed)).toThrow();
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
      const opened = (() => {
        try {
          return new AesSecretBox(KEY).open(changed);
        } catch {
          return 'refused';
        }
      })();
      // The last character of base64 may hold bits that mean nothing.
      expect(['refused', 'the secret']).toContain(opened);
      if (opened === 'the secret') expect([sealed.length - 1, sealed.lastIndexOf('.') - 1, sealed.indexOf('.', 3) - 1]).toContain(at);
    }
  });
});
