import { Autocomplete, type AutocompleteProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { routes } from '@parley/protocol';
import { useRoute } from '../../api/queries.js';
import { roomName } from './room-name.js';
import { roomsText } from './rooms.strings.js';

const SUGGESTIONS = 10;

export interface RoomFieldProps extends Omit<AutocompleteProps, 'data' | 'value' | 'onChange'> {
  readonly tenantId: string;
  readonly value: string;
  readonly onChange: (roomId: string) => void;
}

/** One room, by id: chosen from suggestions or typed. */
export function RoomField({ tenantId, value, onChange, ...rest }: RoomFieldProps) {
  const [q] = useDebouncedValue(value.trim().slice(0, 100), 200);
  const found = useRoute(routes.adminRooms.list, { tenantId, q: q || undefined, limit: SUGGESTIONS });
  const sought = value.trim().toLowerCase();
  const rooms = (found.data?.items ?? []).filter((room) => `${room.id} ${roomName(room)}`.toLowerCase().includes(sought));
  const nameOf = (id: string) => rooms.filter((room) => room.id === id).map(roomName)[0] ?? id;
  return (
    <Autocomplete
      placeholder={roomsText.picker.placeholder}
      {...rest}
      data={rooms.map((room) => room.id)}
      value={value}
      onChange={onChange}
      filter={({ options }) => options}
      renderOption={({ option }) => (
        <span>
          {nameOf(option.value)}{' '}
          <span className="mono" style={{ color: 'var(--mantine-color-dimmed)' }}>
            {option.value}
          </span>
        </span>
      )}
      autoComplete="off"
      spellCheck={false}
      comboboxProps={{ shadow: 'md' }}
    />
  );
}
