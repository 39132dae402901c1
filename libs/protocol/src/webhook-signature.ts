const SECRET_PREFIX = 'whsec_';
/** How far the sender's clock and ours may be apart, and how old a delivery may be, milliseconds. */
const TOLERANCE_MS = 300_000;
/** While a secret is rotated there are two signatures; whoever sends many more wants us to be busy. */
const SIGNATURES_MAX = 8;
const SECRETS_MAX = 4;
type Bytes = Uint8Array<ArrayBuffer>;
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;

/** What is signed: of the headers `webhook-id` and `webhook-timestamp`, and the body as it goes over the wire. */
export interface SignedContent {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

/** Why a webhook is not believed. */
export type WebhookDoubt = 'header-missing' | 'header-malformed' | 'too-old' | 'too-new' | 'signature-mismatch' | 'body-malformed';

export class WebhookRefused extends Error {
  constructor(readonly doubt: WebhookDoubt) {
    super(`this webhook is not to be believed: ${doubt}`);
  }
}

/**
 * The header `webhook-signature` (Standard Webhooks): one `v1,…` for each secret, the newest first. Secrets are
 * `whsec_` and base64, or base64 alone. Throws where an id could be taken for another, or a secret cannot be read.
 */
export async function signWebhook(content: SignedContent, secrets: readonly string[]): Promise<string> {
  if (content.id === '' || content.id.includes('.')) throw new Error('the id of a webhook is not empty and holds no dot');
  if (!Number.isSafeInteger(content.timestamp)) throw new Error('the timestamp of a webhook is whole seconds');
  const signatures = secrets.map(async (secret) => {
    const signature = await crypto.subtle.sign('HMAC', await keyOf(secret, 'sign'), signedBytes(content));
    return `v1,${btoa(String.fromCharCode(...new Uint8Array(signature)))}`;
  });
  return (await Promise.all(signatures)).join(' ');
}

export interface ReceivedWebhook {
  /** As the request has them, whatever their case; of several values the first counts. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>> | { get(name: string): string | null };
  /** As it came over the wire: not parsed and written anew. */
  readonly body: string;
  /** The endpoint's, or those it has while one is rotated. */
  readonly secrets: string | readonly string[];
  /** Milliseconds since 1970; now where it is left out. */
  readonly now?: number;
}

export interface VerifiedWebhook {
  /** The same at each attempt: whoever has seen it answers 200 and does nothing. */
  readonly id: string;
  readonly payload: { readonly type: string; readonly timestamp: string; readonly data: unknown };
}

/** Gives what was sent, or throws `WebhookRefused`, to be answered with 401. Comparisons take the same time whatever differs. */
export async function verifyWebhook({ headers, body, secrets, now = Date.now() }: ReceivedWebhook): Promise<VerifiedWebhook> {
  const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headerOf(headers, name));
  if (!id || !timestamp || !signature) throw new WebhookRefused('header-missing');
  if (!/^\d{1,12}$/.test(timestamp) || id.includes('.')) throw new WebhookRefused('header-malformed');
  const ageMs = now - Number(timestamp) * 1_000;
  if (ageMs > TOLERANCE_MS) throw new WebhookRefused('too-old');
  if (ageMs < -TOLERANCE_MS) throw new WebhookRefused('too-new');
  const content = signedBytes({ id, timestamp: Number(timestamp), body });
  const given = signature.split(' ').filter((part) => part.startsWith('v1,'));
  const known = typeof secrets === 'string' ? [secrets] : secrets;
  if (!(await isSigned(content, given.slice(0, SIGNATURES_MAX), known.slice(0, SECRETS_MAX))))
    throw new WebhookRefused('signature-mismatch');
  return { id, payload: payloadOf(body) };
}

async function isSigned(content: Bytes, given: readonly string[], secrets: readonly string[]): Promise<boolean> {
  const keys = await Promise.all(secrets.map((secret) => keyOf(secret, 'verify')));
  const signatures = given.flatMap((part) => bytesOf(part.slice('v1,'.length)) ?? []);
  const tries = keys.flatMap((key) => signatures.map((signature) => crypto.subtle.verify('HMAC', key, signature, content)));
  return (await Promise.all(tries)).includes(true);
}

function payloadOf(body: string): VerifiedWebhook['payload'] {
  try {
    return JSON.parse(body) as VerifiedWebhook['payload'];
  } catch {
    throw new WebhookRefused('body-malformed');
  }
}

function headerOf(headers: ReceivedWebhook['headers'], name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] as string | readonly string[] | undefined;
  return typeof value === 'string' ? value : value?.[0];
}

const signedBytes = ({ id, timestamp, body }: SignedContent): Bytes => new TextEncoder().encode(`${id}.${timestamp}.${body}`);

function keyOf(secret: string, use: 'sign' | 'verify'): Promise<Key> {
  const bytes = bytesOf(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret);
  if (!bytes || bytes.length === 0) throw new Error('the secret of a webhook is whsec_ and base64');
  return crypto.subtle.importKey('raw', bytes, HMAC, false, [use]);
}

function bytesOf(base64: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}
