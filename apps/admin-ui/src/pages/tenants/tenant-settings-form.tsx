import { Button, Fieldset, Group, NumberInput, Select, SimpleGrid, Stack, Switch, Textarea, TextInput, Text, Title } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { routes, type Tenant } from '@parley/protocol';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { Panel } from '../../ui/panel.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { ui } from '../../ui/strings.js';
import { DM_POLICIES, LIMITS, type SettingsValues, toArgs, toValues } from './tenant-settings.js';
import { tenantsText } from './tenants.strings.js';

const { settings: text, limit: limitText } = tenantsText;
type Form = UseFormReturnType<SettingsValues>;

export function TenantSettingsForm({ tenant, mayChange }: { readonly tenant: Tenant; readonly mayChange: boolean }) {
  const form = useForm<SettingsValues>({ initialValues: toValues(tenant) });
  const action = useAction({
    run: (values: SettingsValues) => call(routes.tenants.update, toArgs(tenant, values)),
    form,
    refresh: () => refreshTenant(tenant.id),
    done: text.saved,
    then: () => form.resetDirty(),
  });
  return (
    <Panel title={text.title} description={mayChange ? undefined : text.readOnly}>
      <form onSubmit={form.onSubmit(action.start)} noValidate>
        <Fieldset variant="unstyled" disabled={!mayChange}>
          <Stack gap="lg">
            <Basics form={form} />
            <Limits form={form} />
            <ProblemAlert problem={action.problem} />
            {mayChange && (
              <Group>
                <Button type="submit" loading={action.isBusy} disabled={!form.isDirty()}>
                  {ui.save}
                </Button>
              </Group>
            )}
          </Stack>
        </Fieldset>
      </form>
    </Panel>
  );
}

function Basics({ form }: { readonly form: Form }) {
  const policies = DM_POLICIES.map((value) => ({ value, label: text.policies[value] }));
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl" verticalSpacing="md">
      <Stack gap="md">
        <TextInput label={text.name} maxLength={100} {...form.getInputProps('name')} />
        <Select label={text.dmPolicy} data={policies} allowDeselect={false} {...form.getInputProps('settings.dmPolicy')} />
        <NumberInput
          label={text.deleteWindow}
          description={text.deleteWindowHint}
          min={0}
          allowDecimal={false}
          hideControls
          thousandSeparator=","
          {...form.getInputProps('settings.deleteWindowSeconds')}
        />
        <Textarea
          label={text.origins}
          description={text.originsHint}
          autosize
          minRows={2}
          maxRows={8}
          spellCheck={false}
          {...form.getInputProps('settings.allowedOrigins')}
        />
      </Stack>
      <Stack gap="md" pt={{ md: 24 }}>
        <Toggle form={form} name="firstSight" label={text.firstSight} description={text.firstSightHint} />
        <Toggle form={form} name="usersCreateGroups" label={text.groups} />
        <Toggle form={form} name="usersCreateChannels" label={text.channels} />
        <Toggle form={form} name="memberCanInvite" label={text.invite} />
      </Stack>
    </SimpleGrid>
  );
}

interface ToggleProps {
  readonly form: Form;
  readonly name: 'firstSight' | 'usersCreateGroups' | 'usersCreateChannels' | 'memberCanInvite';
  readonly label: string;
  readonly description?: string;
}

function Toggle({ form, name, label, description }: ToggleProps) {
  return <Switch label={label} description={description} {...form.getInputProps(`settings.${name}`, { type: 'checkbox' })} />;
}

function Limits({ form }: { readonly form: Form }) {
  return (
    <div>
      <Title order={3}>{text.limits}</Title>
      <Text size="sm" c="dimmed" mb="sm">
        {text.limitsHint}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="md">
        {LIMITS.map(({ name, byDefault, most }) => (
          <NumberInput
            key={name}
            label={limitText[name]}
            placeholder={byDefault.toLocaleString('en')}
            min={1}
            max={most}
            allowDecimal={false}
            hideControls
            thousandSeparator=","
            {...form.getInputProps(`settings.limits.${name}`)}
          />
        ))}
      </SimpleGrid>
    </div>
  );
}
