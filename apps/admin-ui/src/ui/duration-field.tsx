import { Group, NumberInput, Select } from '@mantine/core';
import { useState } from 'react';
import { ui } from './strings.js';

const HOUR = 3_600;
const DAY = 86_400;
const CUSTOM = 'custom';

export interface DurationFieldProps {
  readonly label: string;
  /** Seconds; undefined = without end. */
  readonly value: number | undefined;
  readonly onChange: (seconds: number | undefined) => void;
  readonly endless: string;
  readonly presets: readonly { readonly seconds: number; readonly label: string }[];
  readonly error?: string;
}

/** How long: a preset, without end, or an amount of one's own. */
export function DurationField({ label, value, onChange, endless, presets, error }: DurationFieldProps) {
  const [isCustom, setCustom] = useState(false);
  const options = [
    ...presets.map((preset) => ({ value: String(preset.seconds), label: preset.label })),
    { value: '', label: endless },
    { value: CUSTOM, label: ui.duration.custom },
  ];
  const choose = (chosen: string | null) => {
    setCustom(chosen === CUSTOM);
    onChange(chosen === CUSTOM ? DAY : chosen ? Number(chosen) : undefined);
  };
  return (
    <>
      <Select
        label={label}
        data={options}
        value={isCustom ? CUSTOM : value === undefined ? '' : String(value)}
        onChange={choose}
        allowDeselect={false}
        error={error}
        checkIconPosition="right"
      />
      {isCustom && <CustomDuration value={value ?? DAY} onChange={onChange} />}
    </>
  );
}

function CustomDuration({ value, onChange }: { readonly value: number; readonly onChange: (seconds: number) => void }) {
  const [unit, setUnit] = useState(value % DAY === 0 ? DAY : HOUR);
  const amount = Math.max(1, Math.round(value / unit));
  const changeUnit = (chosen: string | null) => {
    const next = chosen === String(HOUR) ? HOUR : DAY;
    setUnit(next);
    onChange(amount * next);
  };
  return (
    <Group gap="xs" grow>
      <NumberInput
        label={ui.duration.amount}
        value={amount}
        min={1}
        max={3_650}
        allowDecimal={false}
        onChange={(next) => onChange(Math.max(1, Number(next) || 1) * unit)}
      />
      <Select
        label={ui.duration.unit}
        data={[
          { value: String(HOUR), label: ui.duration.hours },
          { value: String(DAY), label: ui.duration.days },
        ]}
        value={String(unit)}
        onChange={changeUnit}
        allowDeselect={false}
      />
    </Group>
  );
}
