import { useCallback, useLayoutEffect, useRef, useState } from 'react';

const NEAR_PX = 48;

/**
 * Keeps a scrolled list where the reader is: at the bottom it follows what comes, elsewhere it stays on the same
 * message when older ones are put before it.
 */
export function useBottom(entries: readonly { readonly key: string }[]) {
  const ref = useRef<HTMLDivElement>(null);
  const [isAtBottom, setAtBottom] = useState(true);
  const sticks = useRef(true);
  const before = useRef<{ firstKey: string | undefined; height: number }>({ firstKey: undefined, height: 0 });

  useLayoutEffect(() => {
    const box = ref.current;
    if (!box) return;
    const firstKey = entries[0]?.key;
    if (sticks.current) box.scrollTop = box.scrollHeight;
    else if (firstKey !== before.current.firstKey) box.scrollTop += box.scrollHeight - before.current.height;
    before.current = { firstKey, height: box.scrollHeight };
  }, [entries]);

  const onScroll = useCallback(() => {
    const box = ref.current;
    if (!box) return;
    sticks.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    setAtBottom(sticks.current);
  }, []);

  const jump = useCallback(() => {
    const box = ref.current;
    if (box) box.scrollTop = box.scrollHeight;
  }, []);
  return { ref, isAtBottom, onScroll, jump };
}
