import { CloseButton, Group, SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import classes from './filters.module.css';
import type { ListAddress } from './list-address.js';
import { ui } from './strings.js';

const DELAY_MS = 250;

export function Toolbar({ children }: { readonly children: ReactNode }) {
  return (
    <Group gap="xs" mb="md" role="search">
      {children}
    </Group>
  );
}

export interface SearchFieldProps {
  readonly address: ListAddress;
  readonly name?: string;
  readonly label: string;
  readonly placeholder?: string;
}

/** Writes into the address a moment after the last key, so that every word is one request. `/` focuses it. */
export function SearchField({ address, name = 'q', label, placeholder }: SearchFieldProps) {
  const current = address.get(name) ?? '';
  const [text, setText] = useState(current);
  const written = useRef(current);
  useEffect(() => {
    if (current !== written.current) setText(current);
    written.current = current;
  }, [current]);
  useEffect(() => {
    if (text.trim() === written.current) return;
    const timer = setTimeout(() => {
      written.current = text.trim();
      address.set({ [name]: text.trim() || undefined });
    }, DELAY_MS);
    return () => clearTimeout(timer);
  });
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={placeholder ?? label}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      leftSection={<IconSearch size={15} />}
      rightSection={text && <CloseButton size="sm" aria-label={ui.clearSearch} onClick={() => setText('')} />}
      maxLength={100}
      className={classes.field}
      data-page-search={name === 'q' || undefined}
    />
  );
}

export interface ChoiceFilterProps {
  readonly address: ListAddress;
  readonly name: string;
  readonly label: string;
  /** The first one is the absence of the filter. */
  readonly choices: readonly { readonly value: string; readonly label: string }[];
}

export function ChoiceFilter({ address, name, label, choices }: ChoiceFilterProps) {
  const known = choices.map((choice) => choice.value);
  const current = address.get(name) ?? '';
  return (
    <SegmentedControl
      aria-label={label}
      data={[...choices]}
      value={known.includes(current) ? current : ''}
      onChange={(value) => address.set({ [name]: value || undefined })}
    />
  );
}
