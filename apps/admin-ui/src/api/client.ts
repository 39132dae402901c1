import { HttpClient, ParleyError } from '@parley/client';
import type { Problem } from '@parley/protocol';

let csrf: string | undefined;

/** Every changing request made with the session cookie must carry it. */
export function rememberCsrf(value: string | undefined): void {
  csrf = value;
}

const http = new HttpClient({
  url: '',
  credentials: 'same-origin',
  headers: (): Record<string, string> => (csrf === undefined ? {} : { 'parley-csrf': csrf }),
});

/** Calls a row of the route table on the server this page came from. */
export const call: HttpClient['call'] = (route, args, options) => http.call(route, args, options);

export const isSignedOut = (error: unknown): boolean => error instanceof ParleyError && error.problem.status === 401;
export const isNotFound = (error: unknown): boolean => error instanceof ParleyError && error.code === 'not-found';

/** What went wrong, in the one shape the pages show. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ParleyError) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { type: 'about:blank', title: 'The dashboard itself failed', detail, status: 0, code: 'internal', requestId: '', retryable: true };
}
