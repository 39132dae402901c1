/** What of a browser's window this needs; in Node there is nothing of it. */
export interface WakeScope {
  readonly addEventListener?: EventTarget['addEventListener'];
  readonly removeEventListener?: EventTarget['removeEventListener'];
  readonly document?: Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'>;
}

/** Tells whether the page is looked at, now and whenever that changes. Returns the function that stops it. */
export function onLook(tell: (isLookedAt: boolean) => void, { document }: WakeScope = globalThis as WakeScope): () => void {
  const look = (): void => tell(document?.visibilityState !== 'hidden');
  look();
  document?.addEventListener('visibilitychange', look);
  return () => document?.removeEventListener('visibilitychange', look);
}

/** Calls `wake` when the network is back or the page is looked at again. Returns the function that stops it. */
export function onWakeUp(wake: () => void, scope: WakeScope = globalThis as WakeScope): () => void {
  const { document } = scope;
  const look = (): void => {
    if (document?.visibilityState === 'visible') wake();
  };
  scope.addEventListener?.('online', wake);
  document?.addEventListener('visibilitychange', look);
  return () => {
    scope.removeEventListener?.('online', wake);
    document?.removeEventListener('visibilitychange', look);
  };
}
