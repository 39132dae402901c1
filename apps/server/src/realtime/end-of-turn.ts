/** Has something to do once what runs now, and every promise it settles, is through. */
export interface Pending {
  flush(): void;
}

let waiting: Pending[] = [];

function flushAll(): void {
  const now = waiting;
  waiting = [];
  for (const one of now) one.flush();
}

/**
 * Calls `flush` at the end of this turn of the event loop: after the promises that one database answer settles, and
 * before the process waits for anything. What a commit has to tell a connection then leaves in one system call.
 */
export function atEndOfTurn(pending: Pending): void {
  if (waiting.length === 0) process.nextTick(flushAll);
  waiting.push(pending);
}
