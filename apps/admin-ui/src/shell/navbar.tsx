import { AppShell, Burger, Group, ScrollArea, Text } from '@mantine/core';
import { IconBook2, IconBraces, IconPlugConnected } from '@tabler/icons-react';
import { Link, NavLink } from 'react-router';
import { ASYNCAPI_URL, OPENAPI_URL, REFERENCE_URL } from '../addresses.js';
import { mainPages } from '../pages.js';
import { useMay, useSession } from '../session/session.js';
import { Logo } from '../ui/logo.js';
import { ui } from '../ui/strings.js';
import classes from './shell.module.css';
import { shellText } from './shell.strings.js';
import { TenantSwitcher } from './tenant-switcher.js';

const DOCUMENTS = [
  { href: REFERENCE_URL, label: shellText.reference, icon: IconBook2 },
  { href: OPENAPI_URL, label: shellText.openapi, icon: IconBraces },
  { href: ASYNCAPI_URL, label: shellText.asyncapi, icon: IconPlugConnected },
] as const;

export function Navbar({ close }: { readonly close: () => void }) {
  const may = useMay();
  const { serverVersion } = useSession();
  return (
    <>
      <Group justify="space-between" wrap="nowrap" pr="sm">
        <Link to="/" className={classes.brand}>
          <Logo /> {ui.product}
        </Link>
        <Burger opened onClick={close} hiddenFrom="sm" size="sm" aria-label={ui.close} />
      </Group>
      <div className={classes.section}>
        <TenantSwitcher />
      </div>
      <AppShell.Section grow component={ScrollArea} className={classes.section}>
        <nav aria-label={shellText.navigation}>
          {mainPages
            .filter((page) => may(page.permission))
            .map(({ path, label, icon: Symbol }) => (
              <NavLink key={path} to={path} end={path === '/'} className={classes.link ?? ''} onClick={close}>
                <Symbol size={17} stroke={1.6} aria-hidden="true" /> {label}
              </NavLink>
            ))}
          <div className={classes.heading}>{shellText.developers}</div>
          {DOCUMENTS.map(({ href, label, icon: Symbol }) => (
            <a key={href} href={href} className={classes.link} target="_blank" rel="noreferrer">
              <Symbol size={17} stroke={1.6} aria-hidden="true" /> {label}
            </a>
          ))}
        </nav>
      </AppShell.Section>
      <Text size="xs" c="dimmed" px="md" py="sm" className="tabular">
        {ui.product} {serverVersion}
      </Text>
    </>
  );
}
