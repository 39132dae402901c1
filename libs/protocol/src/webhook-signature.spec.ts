import { describe, expect, it } from 'vitest';
import { signWebhook, verifyWebhook, WebhookRefused, type ReceivedWebhook } from './webhook-signature.js';

/** The vector of Standard Webhooks (case 132). */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const VECTOR = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' };
const SIGNED = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

const aSecret = (): string => `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;

describe('a signature', () => {
  it('is that of the vectors of Standard Webhooks', async () => {
    expect(await signWebhook(VECTOR, [SECRET])).toBe(SIGNED);
    expect(await signWebhook(VECTOR, [SECRET.slice('whsec_'.length)])).toBe(SIGNED);
  });

  it('is of the bytes of the letters, as Python makes it too', async () => {
    const content = { id: 'msg_1', timestamp: 1_800_000_000, body: '{"text":"žluťoučký 😀"}' };
    expect(await signWebhook(content, [SECRET])).toBe('v1,4iXG0sgwcjcRqyBL+UkjWwUqoqMw+p8he1EsVKJMrso=');
  });

  it('is made with each secret while one is rotated, the newest first (case 134)', async () => {
    const [older, newer] = [aSecret(), aSecret()];
    const both = await signWebhook(VECTOR, [newer, older]);
    expect(both.split(' ')).toEqual([await signWebhook(VECTOR, [newer]), await signWebhook(VECTOR, [older])]);
    for (const secrets of [older, newer, [older, newer]])
      await expect(verifyWebhook(received({ signature: both, secrets }))).resolves.toMatchObject({ id: VECTOR.id });
  });

  it('is not made where two contents would have the same (case 136)', async () => {
    for (const id of ['', 'a.b', '.']) await expect(signWebhook({ ...VECTOR, id }, [SECRET]), id).rejects.toThrow(/holds no dot/);
    for (const timestamp of [1.5, NaN, Infinity])
      await expect(signWebhook({ ...VECTOR, timestamp }, [SECRET])).rejects.toThrow(/whole seconds/);
  });

  it('needs a secret that can be read, and does not repeat one that cannot', async () => {
    for (const secret of ['', 'whsec_', 'whsec_!!!secret!!!'])
      await expect(signWebhook(VECTOR, [secret]), secret).rejects.toThrow(/^the secret of a webhook is whsec_ and base64$/);
  });
});

interface Given {
  readonly signature?: string;
  readonly secrets?: ReceivedWebhook['secrets'];
  readonly headers?: Record<string, string | undefined>;
  readonly body?: string;
  readonly ageMs?: number;
}

function received({ signature = SIGNED, secrets = SECRET, headers = {}, body = VECTOR.body, ageMs = 1_000 }: Given = {}): ReceivedWebhook {
  const own = { 'webhook-id': VECTOR.id, 'webhook-timestamp': String(VECTOR.timestamp), 'webhook-signature': signature };
  return { headers: { ...own, ...headers }, body, secrets, now: VECTOR.timestamp * 1_000 + ageMs };
}

/** Case 133. */
describe('a webhook that came', () => {
  const doubtOf = (given: Given): Promise<string> =>
    verifyWebhook(received(given)).then(
      () => 'believed',
      (error: unknown) => (error instanceof WebhookRefused ? error.doubt : String(error)),
    );

  it('is believed, however its headers are handed over', async () => {
    const verified = { id: VECTOR.id, payload: { test: 2432232314 } };
    const ours = received();
    const own = ours.headers as Record<string, string>;
    expect(await verifyWebhook(ours)).toEqual(verified);
    expect(await verifyWebhook({ ...ours, headers: new Headers(own) })).toEqual(verified);
    const loud = Object.fromEntries(Object.entries(own).map(([name, value]) => [name.toUpperCase(), [value, 'another']]));
    expect(await verifyWebhook({ ...ours, headers: loud })).toEqual(verified);
  });

  it.each<[string, Given, string]>([
    ['five minutes old', { ageMs: 300_000 }, 'believed'],
    ['older', { ageMs: 300_001 }, 'too-old'],
    ['five minutes ahead', { ageMs: -300_000 }, 'believed'],
    ['further ahead', { ageMs: -300_001 }, 'too-new'],
    ['written anew', { body: '{"test":2432232314}' }, 'signature-mismatch'],
    ['cut', { body: VECTOR.body.slice(0, -1) }, 'signature-mismatch'],
    ['of another endpoint', { secrets: aSecret() }, 'signature-mismatch'],
    ['under another id', { headers: { 'webhook-id': 'msg_other' } }, 'signature-mismatch'],
    ['under another time', { headers: { 'webhook-timestamp': String(VECTOR.timestamp + 1) } }, 'signature-mismatch'],
    ['without an id', { headers: { 'webhook-id': undefined } }, 'header-missing'],
    ['without a time', { headers: { 'webhook-timestamp': '' } }, 'header-missing'],
    ['without a signature', { headers: { 'webhook-signature': undefined } }, 'header-missing'],
    ['with a dot in its id', { headers: { 'webhook-id': 'a.b' } }, 'header-malformed'],
    ['with a time that is none', { headers: { 'webhook-timestamp': '1e9' } }, 'header-malformed'],
    ['signed by a version we do not know', { signature: SIGNED.replace('v1,', 'v1a,') }, 'signature-mismatch'],
    ['signed without a version', { signature: SIGNED.replace('v1,', '') }, 'signature-mismatch'],
    ['with a signature that is no base64', { signature: 'v1,***' }, 'signature-mismatch'],
    ['with the right signature among a few', { signature: `v1a,xx v1,${'A'.repeat(44)} ${SIGNED}` }, 'believed'],
    ['with the right signature behind a hundred', { signature: `${`v1,${'A'.repeat(44)} `.repeat(100)}${SIGNED}` }, 'signature-mismatch'],
    ['with no secret to believe', { secrets: [] }, 'signature-mismatch'],
  ])('%s: %j gives %s', async (_, given, doubt) => {
    expect(await doubtOf(given)).toBe(doubt);
  });

  it('and is signed but no JSON says so', async () => {
    const signature = await signWebhook({ ...VECTOR, body: 'no' }, [SECRET]);
    expect(await doubtOf({ signature, body: 'no' })).toBe('body-malformed');
  });
});
