import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import classes from './tabs.module.css';

export interface LinkTab {
  readonly to: string;
  readonly label: string;
  readonly isCurrent: boolean;
}

/** Tabs that are pages with an address of their own, so they are links. */
export function LinkTabs({ label, tabs }: { readonly label: string; readonly tabs: readonly LinkTab[] }) {
  const bar = useRef<HTMLElement>(null);
  const current = tabs.find((tab) => tab.isCurrent)?.to;
  useEffect(() => {
    const tab = bar.current?.querySelector<HTMLElement>('[aria-current]');
    // Only the bar may move, never the page.
    if (tab && bar.current) bar.current.scrollLeft = tab.offsetLeft - (bar.current.clientWidth - tab.offsetWidth) / 2;
  }, [current]);
  return (
    <nav className={classes.tabs} aria-label={label} ref={bar}>
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to} className={classes.tab} aria-current={tab.isCurrent ? 'page' : undefined}>
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
