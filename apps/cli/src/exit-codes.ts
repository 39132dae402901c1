/** What a script may branch on. Documented in `chatctl --help` and docs/chatctl.md; numbers are never reused. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  denied: 3,
  notFound: 4,
  conflict: 5,
  limited: 6,
  unavailable: 7,
  checkFailed: 8,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_STATUS: Readonly<Record<number, ExitCode>> = {
  400: EXIT.usage,
  413: EXIT.usage,
  415: EXIT.usage,
  422: EXIT.usage,
  401: EXIT.denied,
  403: EXIT.denied,
  404: EXIT.notFound,
  410: EXIT.notFound,
  409: EXIT.conflict,
  429: EXIT.limited,
  408: EXIT.unavailable,
  502: EXIT.unavailable,
  503: EXIT.unavailable,
  504: EXIT.unavailable,
};

/** Status 0 = no answer came. */
export function exitCodeOfStatus(status: number): ExitCode {
  return status === 0 ? EXIT.unavailable : (BY_STATUS[status] ?? EXIT.unexpected);
}
