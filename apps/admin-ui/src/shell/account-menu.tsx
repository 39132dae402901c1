import { Menu, Text, UnstyledButton } from '@mantine/core';
import { IconKeyboard, IconLogout, IconUserCircle } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useAction } from '../api/actions.js';
import { signOut, useSession } from '../session/session.js';
import { PersonAvatar } from '../ui/person.js';
import { ui } from '../ui/strings.js';
import { openShortcuts } from './shortcuts.js';
import { shellText } from './shell.strings.js';

export function AccountMenu() {
  const { operator } = useSession();
  const leave = useAction<void, void>({ run: signOut });
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton aria-label={shellText.account.label} style={{ borderRadius: '50%', display: 'flex' }}>
          <PersonAvatar id={operator.email} name={operator.name} size={30} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={500} c="var(--mantine-color-text)" truncate>
            {operator.name}
          </Text>
          <Text size="xs" truncate>
            {operator.email}
          </Text>
          {operator.role && <Text size="xs">{`${ui.role[operator.role]}, ${shellText.account.allTenants}`}</Text>}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item component={Link} to="/account" leftSection={<IconUserCircle size={15} />}>
          {shellText.account.mine}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={15} />} onClick={openShortcuts}>
          {shellText.shortcuts.label}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => leave.start()}>
          {shellText.account.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
