import type { Environment } from '../config/environment.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { type Context, contextFilePath, exposureOf, LOCAL, localContextPath, readContexts, readLocalContext } from './contexts.js';

export interface Asked {
  readonly url?: string;
  readonly token?: string;
  readonly context?: string;
}

export interface Connection extends Context {
  /** Where it came from, for people. */
  readonly source: string;
  /** What the caller should know, as that others can read the token. */
  readonly warnings: readonly string[];
}

interface Named extends Context {
  readonly name: string;
  readonly path: string;
}

/**
 * Flags win over PARLEY_URL and PARLEY_TOKEN, these over a context. A context's token is only ever sent to that
 * context's own server: with another URL the token must be named too.
 */
export async function connectionOf(asked: Asked, environment: Environment): Promise<Connection> {
  const url = asked.url ?? environment.url;
  const token = asked.token ?? environment.token;
  const named = url !== undefined && token !== undefined ? undefined : await chosenContext(asked.context, environment);
  const warnings: string[] = [];
  if (asked.context !== undefined && url !== undefined) warnings.push(`${sourceOfUrl(asked)} wins over --context ${asked.context}.`);
  if (named === undefined) {
    if (url === undefined) throw noServer(asked, environment);
    if (token === undefined) throw noToken(url);
    return { url: checkedUrl(url), token, source: sourceOfUrl(asked), warnings };
  }
  if (url !== undefined && !isSameServer(url, named.url) && token === undefined) throw noToken(url);
  const exposure = token === undefined ? await exposureOf(named.path) : undefined;
  if (exposure !== undefined) warnings.push(exposure);
  return {
    url: checkedUrl(url ?? named.url),
    token: token ?? named.token,
    ...(named.tenant !== undefined && url === undefined && { tenant: named.tenant }),
    source: url === undefined ? `context ${named.name}` : sourceOfUrl(asked),
    warnings,
  };
}

/** The named context, else the current one, else the server of this machine. */
export async function chosenContext(name: string | undefined, environment: Environment): Promise<Named | undefined> {
  const file = await readContexts(environment);
  const wanted = name ?? file.current ?? LOCAL;
  const found = file.contexts[wanted];
  if (wanted !== LOCAL && found !== undefined) return { ...found, name: wanted, path: contextFilePath(environment) };
  if (wanted !== LOCAL) throw new CommandError(`There is no context "${wanted}".`, EXIT.usage, 'chatctl context ls lists them.');
  const local = await readLocalContext(environment);
  if (local !== undefined) return { ...local, name: LOCAL, path: localContextPath(environment) };
  if (name === undefined) return undefined;
  throw new CommandError(`This machine has no server yet: ${localContextPath(environment)} is missing.`, EXIT.usage, 'npm start');
}

const sourceOfUrl = (asked: Asked): string => (asked.url === undefined ? 'PARLEY_URL' : '--url');

function noServer(asked: Asked, environment: Environment): CommandError {
  const token = asked.token !== undefined || environment.token !== undefined;
  return new CommandError(
    token ? 'A token is given, but no server.' : 'No server is chosen, and this machine has none.',
    EXIT.denied,
    'Start one (npm start), or: chatctl context add NAME --url URL --token-stdin, or set PARLEY_URL and PARLEY_TOKEN.',
  );
}

const noToken = (url: string): CommandError =>
  new CommandError(`No token for ${url}.`, EXIT.denied, 'Pass --token or PARLEY_TOKEN: tokens of other servers are not sent there.');

function isSameServer(one: string, other: string): boolean {
  return checkedUrl(one) === checkedUrl(other);
}

/** Without trailing slash; http(s) only, and no credentials inside, which would end up in logs. */
export function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new CommandError(`${JSON.stringify(text)} is no http(s) address.`, EXIT.usage);
  if (url.username !== '' || url.password !== '')
    throw new CommandError('Credentials do not belong into the URL.', EXIT.usage, 'Use --token or PARLEY_TOKEN.');
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
