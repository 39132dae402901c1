import { useMantineColorScheme, UnstyledButton } from '@mantine/core';
import { useDebouncedValue, useOs } from '@mantine/hooks';
import { createSpotlight, Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { routes } from '@parley/protocol';
import { IconBook2, IconKeyboard, IconLogout, IconMoon, IconPlus, IconSearch, IconSun } from '@tabler/icons-react';
import { useState } from 'react';
import { generatePath, useNavigate } from 'react-router';
import { REFERENCE_URL, tenantPath } from '../addresses.js';
import { useAction } from '../api/actions.js';
import { useRoute } from '../api/queries.js';
import { isTenantPage, pages } from '../pages.js';
import { openNewTenant } from '../pages/tenants/new-tenant.js';
import { signOut, useMay } from '../session/session.js';
import { PersonAvatar } from '../ui/person.js';
import { useCurrentPage } from './current-page.js';
import classes from './shell.module.css';
import { shellText } from './shell.strings.js';
import { openShortcuts } from './shortcuts.js';

const [store, spotlight] = createSpotlight();
const TENANTS = 8;

export function PaletteButton() {
  const os = useOs();
  return (
    <UnstyledButton className={classes.search} onClick={spotlight.open} aria-label={shellText.palette.open}>
      <IconSearch size={15} aria-hidden="true" />
      <kbd>{os === 'macos' ? '⌘ K' : 'Ctrl K'}</kbd>
    </UnstyledButton>
  );
}

/** Ctrl/Cmd+K: pages, tenants and actions, by name. */
export function CommandPalette() {
  const [query, setQuery] = useState('');
  const groups = [usePageActions(), useTenantActions(query), useOtherActions()].filter((group) => group.actions.length > 0);
  return (
    <Spotlight
      store={store}
      query={query}
      onQueryChange={setQuery}
      actions={groups}
      shortcut="mod + K"
      tagsToIgnore={[]}
      nothingFound={shellText.palette.nothing}
      scrollable
      overlayProps={{ backgroundOpacity: 0.35, blur: 1 }}
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: shellText.palette.placeholder,
        'aria-label': shellText.palette.open,
      }}
    />
  );
}

function usePageActions(): SpotlightActionGroupData {
  const may = useMay();
  const navigate = useNavigate();
  const { tenantId } = useCurrentPage();
  const shown = pages.filter(
    (row) => row.place !== 'inner' && may(row.permission, tenantId) && (!isTenantPage(row) || tenantId !== undefined),
  );
  const actions = shown.map((row): SpotlightActionData => {
    const to = tenantId === undefined ? row.path : generatePath(row.path, { tenantId });
    return {
      id: row.path,
      label: isTenantPage(row) ? `${tenantId} › ${row.label}` : row.label,
      leftSection: <row.icon size={18} stroke={1.5} />,
      onClick: () => void navigate(to),
    };
  });
  return { group: shellText.palette.pages, actions };
}

function useTenantActions(query: string): SpotlightActionGroupData {
  const navigate = useNavigate();
  const { tab } = useCurrentPage();
  const [q] = useDebouncedValue(query.trim(), 150);
  const found = useRoute(routes.tenants.list, { q: q || undefined, limit: TENANTS }, { isEnabled: q !== '' });
  const actions = (q === '' ? [] : (found.data?.items ?? [])).map(({ id, name }): SpotlightActionData => ({
    id: `tenant ${id}`,
    label: name,
    description: id,
    leftSection: <PersonAvatar id={id} name={name} size={24} isSquare />,
    onClick: () => void navigate(tenantPath(id, tab)),
  }));
  return { group: shellText.palette.tenants, actions };
}

function useOtherActions(): SpotlightActionGroupData {
  const may = useMay();
  const { setColorScheme } = useMantineColorScheme();
  const leave = useAction<void, void>({ run: signOut });
  const navigate = useNavigate();
  const actions: SpotlightActionData[] = [
    {
      id: 'reference',
      label: shellText.reference,
      leftSection: <IconBook2 size={18} stroke={1.5} />,
      onClick: () => window.open(REFERENCE_URL, '_blank', 'noreferrer'),
    },
    {
      id: 'dark',
      label: `${shellText.scheme.label}: ${shellText.scheme.dark}`,
      leftSection: <IconMoon size={18} stroke={1.5} />,
      onClick: () => setColorScheme('dark'),
    },
    {
      id: 'light',
      label: `${shellText.scheme.label}: ${shellText.scheme.light}`,
      leftSection: <IconSun size={18} stroke={1.5} />,
      onClick: () => setColorScheme('light'),
    },
    { id: 'keys', label: shellText.shortcuts.label, leftSection: <IconKeyboard size={18} stroke={1.5} />, onClick: openShortcuts },
    { id: 'sign-out', label: shellText.account.signOut, leftSection: <IconLogout size={18} stroke={1.5} />, onClick: () => leave.start() },
  ];
  const create = {
    id: 'new-tenant',
    label: shellText.newTenant,
    leftSection: <IconPlus size={18} stroke={1.5} />,
    onClick: () => openNewTenant(navigate),
  };
  return { group: shellText.palette.actions, actions: may('admin') ? [create, ...actions] : actions };
}
