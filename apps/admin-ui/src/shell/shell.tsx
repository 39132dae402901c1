import '@mantine/spotlight/styles.css';
import { AppShell, Burger, Skeleton, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ModalsProvider } from '@mantine/modals';
import { Suspense, useEffect, useRef } from 'react';
import { Outlet, ScrollRestoration, useLocation } from 'react-router';
import { LiveProvider } from '../live/live.js';
import { ui } from '../ui/strings.js';
import { AccountMenu } from './account-menu.js';
import { Breadcrumbs } from './breadcrumbs.js';
import { CommandPalette, PaletteButton } from './command-palette.js';
import { LiveIndicator } from './live-indicator.js';
import { Navbar } from './navbar.js';
import { SchemeMenu } from './scheme-menu.js';
import classes from './shell.module.css';
import { shellText } from './shell.strings.js';
import { Shortcuts } from './shortcuts.js';
import { TenantTabs } from './tenant-tabs.js';

const HEADER_HEIGHT = 52;
const NAVBAR = { width: 232, breakpoint: 'sm' };

/** Everything around a page. */
export default function Shell() {
  const [isOpen, menu] = useDisclosure();
  const main = useFocusOnNavigation(menu.close);
  return (
    <LiveProvider>
      <ModalsProvider>
        <a href="#main" className="skip-link">
          {ui.skipToContent}
        </a>
        <AppShell
          layout="alt"
          header={{ height: HEADER_HEIGHT }}
          navbar={{ ...NAVBAR, collapsed: { mobile: !isOpen } }}
          transitionDuration={120}
        >
          <AppShell.Header className={classes.header}>
            <Burger
              opened={isOpen}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={shellText.toggleNavigation}
              aria-expanded={isOpen}
            />
            <div className={classes.spread}>
              <Breadcrumbs />
            </div>
            <PaletteButton />
            <LiveIndicator />
            <SchemeMenu />
            <AccountMenu />
          </AppShell.Header>
          <AppShell.Navbar className={classes.navbar}>
            <Navbar close={menu.close} />
          </AppShell.Navbar>
          <AppShell.Main id="main" tabIndex={-1} ref={main}>
            <TenantTabs />
            <div className={classes.content}>
              <Suspense fallback={<PageSkeleton />}>
                <Outlet />
              </Suspense>
            </div>
          </AppShell.Main>
        </AppShell>
        <CommandPalette />
        <Shortcuts />
        <ScrollRestoration />
      </ModalsProvider>
    </LiveProvider>
  );
}

/** A new page begins at its beginning, for the keyboard and screen readers too; the first one is left as it came. */
function useFocusOnNavigation(onNavigate: () => void) {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    onNavigate();
    main.current?.focus({ preventScroll: true });
  }, [pathname, onNavigate]);
  return main;
}

function PageSkeleton() {
  return (
    <Stack gap="md" aria-label={ui.loading} aria-busy="true">
      <Skeleton height={24} width={200} />
      <Skeleton height={180} />
    </Stack>
  );
}
