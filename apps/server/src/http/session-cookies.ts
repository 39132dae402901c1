import { createHmac, timingSafeEqual } from 'node:crypto';
import { DomainError, SESSION_ABSOLUTE_MS } from '@parley/domain';
import type { FastifyRequest } from 'fastify';

/** Where people reach this server. */
export abstract class Site {
  /** `https://chat.example.com`, when configured. */
  abstract readonly origin: string | undefined;
  abstract readonly isHttps: boolean;
}

/** The dashboard's session cookie, and the two proofs that a change was meant: own site, and a token of the session (case 125). */
export class SessionCookies {
  constructor(private readonly site: Site) {}

  private get name(): string {
    return this.site.isHttps ? '__Host-parley_session' : 'parley_session';
  }

  read(header: string | undefined): string | undefined {
    const pair = header
      ?.split(';')
      .map((part) => part.trim())
      .find((part) => part.startsWith(`${this.name}=`));
    const value = pair?.slice(this.name.length + 1);
    return value && /^[A-Za-z0-9]{40}$/.test(value) ? value : undefined;
  }

  set(secret: string): string {
    return `${this.name}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SESSION_ABSOLUTE_MS / 1_000}${this.site.isHttps ? '; Secure' : ''}`;
  }

  clear(): string {
    return `${this.name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0${this.site.isHttps ? '; Secure' : ''}`;
  }

  csrf(secret: string): string {
    return createHmac('sha256', secret).update('parley/csrf').digest('base64url');
  }

  requireIntent(request: FastifyRequest, secret: string): void {
    this.requireOwnSite(request);
    const given = request.headers['parley-csrf'];
    const wanted = Buffer.from(this.csrf(secret));
    const got = Buffer.from(typeof given === 'string' ? given : '');
    if (got.length !== wanted.length || !timingSafeEqual(got, wanted))
      throw new DomainError('forbidden', { detail: 'the header Parley-Csrf is missing or stale' });
  }

  /** Sec-Fetch-Site where the browser sends it, else Origin; neither is no browser. */
  requireOwnSite(request: FastifyRequest): void {
    const { 'sec-fetch-site': fetchSite, origin, host } = request.headers;
    const isForeign =
      fetchSite === undefined
        ? origin !== undefined && !this.isOwnOrigin(origin, host)
        : fetchSite !== 'same-origin' && fetchSite !== 'none';
    if (isForeign) throw new DomainError('forbidden', { detail: 'the dashboard is used from its own origin only' });
  }

  isOwnOrigin(origin: string, host: string | undefined): boolean {
    if (this.site.origin !== undefined && origin === this.site.origin) return true;
    return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  }
}
