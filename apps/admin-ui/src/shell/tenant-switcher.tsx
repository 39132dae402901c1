import { Combobox, Loader, ScrollArea, UnstyledButton, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { routes } from '@parley/protocol';
import { IconBuildingCommunity, IconSelector } from '@tabler/icons-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { tenantPath } from '../addresses.js';
import { useRoute } from '../api/queries.js';
import { useMay } from '../session/session.js';
import { PersonAvatar } from '../ui/person.js';
import { useCurrentPage } from './current-page.js';
import classes from './shell.module.css';
import { shellText } from './shell.strings.js';

const SHOWN = 20;
const ALL = '';

/** Goes to the same tab of another tenant. */
export function TenantSwitcher() {
  const { tenantId, tab } = useCurrentPage();
  const name = useTenantName(tenantId);
  const [text, setText] = useState('');
  const navigate = useNavigate();
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      setText('');
    },
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  const go = (chosen: string) => {
    combobox.closeDropdown();
    void navigate(chosen === ALL ? '/tenants' : tenantPath(chosen, tab));
  };
  return (
    <Combobox store={combobox} onOptionSubmit={go} width={280} position="bottom-start" shadow="md">
      <Combobox.Target withAriaAttributes={false}>
        <UnstyledButton
          className={classes.switcher}
          aria-label={tenantId ? `${shellText.switcher.label}: ${tenantId}` : shellText.switcher.label}
          aria-haspopup="listbox"
          aria-expanded={combobox.dropdownOpened}
          onClick={() => combobox.toggleDropdown()}
        >
          {tenantId ? (
            <PersonAvatar id={tenantId} name={name} size={22} isSquare />
          ) : (
            <IconBuildingCommunity size={18} stroke={1.6} aria-hidden="true" />
          )}
          <span className={classes.switcherLabel}>{tenantId ?? shellText.switcher.placeholder}</span>
          <IconSelector size={15} aria-hidden="true" />
        </UnstyledButton>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            combobox.updateSelectedOptionIndex();
          }}
          placeholder={shellText.switcher.search}
          aria-label={shellText.switcher.search}
        />
        {combobox.dropdownOpened && <Tenants text={text} />}
      </Combobox.Dropdown>
    </Combobox>
  );
}

function useTenantName(tenantId: string | undefined): string | undefined {
  const may = useMay();
  const isEnabled = tenantId !== undefined && may('viewer', tenantId);
  const found = useRoute(routes.tenants.get, { tenantId: tenantId ?? '' }, { isEnabled });
  return found.data?.tenant.name;
}

function Tenants({ text }: { readonly text: string }) {
  const [q] = useDebouncedValue(text.trim(), 150);
  const found = useRoute(routes.tenants.list, { q: q || undefined, limit: SHOWN });
  return (
    <Combobox.Options aria-label={shellText.switcher.label}>
      <ScrollArea.Autosize mah={320} type="scroll">
        {!found.data && <Combobox.Empty>{found.isLoading ? <Loader size="xs" /> : shellText.switcher.nothing}</Combobox.Empty>}
        {found.data?.items.map((tenant) => (
          <Combobox.Option key={tenant.id} value={tenant.id}>
            <span className={classes.option}>
              <PersonAvatar id={tenant.id} name={tenant.name} size={22} isSquare />
              <span>
                {tenant.name}{' '}
                {tenant.name !== tenant.id && (
                  <span className="mono" style={{ color: 'var(--mantine-color-dimmed)' }}>
                    {tenant.id}
                  </span>
                )}
              </span>
            </span>
          </Combobox.Option>
        ))}
        {found.data?.items.length === 0 && <Combobox.Empty>{shellText.switcher.nothing}</Combobox.Empty>}
        <Combobox.Option value={ALL}>{shellText.switcher.all}</Combobox.Option>
      </ScrollArea.Autosize>
    </Combobox.Options>
  );
}
