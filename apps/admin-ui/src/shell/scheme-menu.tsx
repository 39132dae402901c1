import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { IconCheck, IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';
import { shellText } from './shell.strings.js';

const SCHEMES = [
  { value: 'auto', label: shellText.scheme.auto, icon: IconDeviceDesktop },
  { value: 'light', label: shellText.scheme.light, icon: IconSun },
  { value: 'dark', label: shellText.scheme.dark, icon: IconMoon },
] as const;

export function SchemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Current = (SCHEMES.find((scheme) => scheme.value === colorScheme) ?? SCHEMES[0]).icon;
  return (
    <Menu position="bottom-end" width={160}>
      <Menu.Target>
        <ActionIcon aria-label={shellText.scheme.label} size="lg">
          <Current size={17} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(({ value, label, icon: Symbol }) => (
          <Menu.Item
            key={value}
            leftSection={<Symbol size={15} />}
            rightSection={value === colorScheme && <IconCheck size={14} />}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
