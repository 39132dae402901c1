import { Autocomplete, type AutocompleteProps, TagsInput, type TagsInputProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { routes, type User } from '@parley/protocol';
import { useState } from 'react';
import { useRoute } from '../api/queries.js';
import { PersonAvatar } from './person.js';
import { ui } from './strings.js';

const SUGGESTIONS = 10;

/** As the server does: the beginning of the id, or a part of the name. So nobody can choose what matched the keys before. */
function matches({ id, name }: User, text: string): boolean {
  const sought = text.trim().toLowerCase();
  return id.toLowerCase().startsWith(sought) || name.toLowerCase().includes(sought);
}

/** The users of a tenant whose id or name matches, a moment after the last key. */
function useSuggestions(tenantId: string, text: string): readonly User[] {
  const [q] = useDebouncedValue(text.trim().slice(0, 100), 200);
  const found = useRoute(routes.adminUsers.list, { tenantId, q: q || undefined, limit: SUGGESTIONS });
  return (found.data?.items ?? []).filter((user) => matches(user, text));
}

function Option({ user, id }: { readonly user: User | undefined; readonly id: string }) {
  return (
    <span style={{ display: 'flex', alignItems: 'center', gap: 8 }}>
      <PersonAvatar id={id} name={user?.name} image={user?.image} size={22} />
      <span>{user?.name ?? id}</span>
      <span className="mono" style={{ color: 'var(--mantine-color-dimmed)' }}>
        {id}
      </span>
    </span>
  );
}

type SingleProps = Omit<AutocompleteProps, 'data' | 'value' | 'onChange'>;
export interface UserFieldProps extends SingleProps {
  readonly tenantId: string;
  readonly value: string;
  readonly onChange: (userId: string) => void;
}

/** One user, by id: chosen from suggestions or typed. */
export function UserField({ tenantId, value, onChange, ...rest }: UserFieldProps) {
  const users = useSuggestions(tenantId, value);
  return (
    <Autocomplete
      placeholder={ui.userPicker.placeholder}
      {...rest}
      data={users.map((user) => user.id)}
      value={value}
      onChange={onChange}
      filter={({ options }) => options}
      renderOption={({ option }) => <Option user={users.find((user) => user.id === option.value)} id={option.value} />}
      autoComplete="off"
      spellCheck={false}
      comboboxProps={{ shadow: 'md' }}
    />
  );
}

type ManyProps = Omit<TagsInputProps, 'data' | 'value' | 'onChange'>;
export interface UsersFieldProps extends ManyProps {
  readonly tenantId: string;
  readonly value: string[];
  readonly onChange: (userIds: string[]) => void;
}

/** Several users, by id. */
export function UsersField({ tenantId, value, onChange, ...rest }: UsersFieldProps) {
  const [text, setText] = useState('');
  const users = useSuggestions(tenantId, text);
  return (
    <TagsInput
      placeholder={value.length === 0 ? ui.userPicker.placeholder : undefined}
      {...rest}
      data={users.map((user) => user.id)}
      value={value}
      onChange={onChange}
      dropdownOpened={text.trim() !== ''}
      searchValue={text}
      onSearchChange={setText}
      filter={({ options }) => options}
      renderOption={({ option }) => <Option user={users.find((user) => user.id === option.value)} id={option.value} />}
      splitChars={[',', ' ']}
      acceptValueOnBlur
      comboboxProps={{ shadow: 'md' }}
    />
  );
}
