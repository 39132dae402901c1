import { Link } from 'react-router';
import classes from './tabs.module.css';

export interface LinkTab {
  readonly to: string;
  readonly label: string;
  readonly isCurrent: boolean;
}

/** Tabs that are pages with an address of their own, so they are links. */
export function LinkTabs({ label, tabs }: { readonly label: string; readonly tabs: readonly LinkTab[] }) {
  return (
    <nav className={classes.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to} className={classes.tab} aria-current={tab.isCurrent ? 'page' : undefined}>
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
