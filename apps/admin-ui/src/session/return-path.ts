const HERE = 'http://dashboard.invalid';

/** Where to go after sign-in: only a path of this app. `//evil`, `/\evil`, `https:` and control characters lead to the start. */
export function safeReturnPath(asked: string | null): string {
  if (!asked?.startsWith('/') || asked.startsWith('//') || asked.includes('\\') || hasControl(asked)) return '/';
  if (asked.startsWith('/sign-in')) return '/';
  try {
    const url = new URL(asked, HERE);
    return url.origin === HERE && !url.pathname.startsWith('//') ? `${url.pathname}${url.search}${url.hash}` : '/';
  } catch {
    return '/';
  }
}

/** Browsers drop tabs and line breaks inside addresses, so that `/\t/evil` would become `//evil`. */
const hasControl = (value: string): boolean => [...value].some((character) => character.charCodeAt(0) < 0x20);
