import { ActionIcon, Menu } from '@mantine/core';
import { IconDots, type Icon } from '@tabler/icons-react';

export interface MenuEntry {
  readonly label: string;
  readonly icon?: Icon;
  readonly isDanger?: boolean;
  readonly onClick: () => void;
}

/** The actions of one row. */
export function RowMenu({ label, entries }: { readonly label: string; readonly entries: readonly (MenuEntry | false | undefined)[] }) {
  const shown = entries.filter((entry) => entry !== false && entry !== undefined);
  if (shown.length === 0) return null;
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <ActionIcon aria-label={label}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {shown.map(({ label: text, icon: Symbol, isDanger, onClick }) => (
          <Menu.Item key={text} color={isDanger ? 'red' : undefined} leftSection={Symbol && <Symbol size={15} />} onClick={onClick}>
            {text}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
