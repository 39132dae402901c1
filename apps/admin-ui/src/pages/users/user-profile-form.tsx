import { Button, Fieldset, Group, JsonInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { JsonObject } from '@parley/domain';
import { routes, type User } from '@parley/protocol';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { Panel } from '../../ui/panel.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { ui } from '../../ui/strings.js';
import { usersText } from './users.strings.js';

const { profile: text, create: fields } = usersText;

interface Values {
  readonly name: string;
  readonly image: string;
  readonly metadata: string;
}

/** Undefined when it is not a JSON object. */
function parseMetadata(value: string): JsonObject | undefined {
  if (value.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

const valuesOf = (user: User): Values => ({
  name: user.name,
  image: user.image ?? '',
  metadata: Object.keys(user.metadata).length === 0 ? '' : JSON.stringify(user.metadata, null, 2),
});

interface ProfileProps {
  readonly tenantId: string;
  readonly user: User;
  readonly mayChange: boolean;
}

export function UserProfileForm({ tenantId, user, mayChange }: ProfileProps) {
  const form = useForm<Values>({
    initialValues: valuesOf(user),
    validate: { metadata: (value) => (parseMetadata(value) ? null : text.badMetadata) },
  });
  const action = useAction({
    run: ({ name, image, metadata }: Values) =>
      call(routes.adminUsers.put, {
        tenantId,
        userId: user.id,
        name: name.trim() || undefined,
        image: image.trim() || null,
        metadata: parseMetadata(metadata),
      }),
    form,
    refresh: () => refreshTenant(tenantId),
    done: text.saved,
  });
  return (
    <Panel title={text.title}>
      <form onSubmit={form.onSubmit(action.start)} noValidate>
        <Fieldset variant="unstyled" disabled={!mayChange}>
          <Stack gap="md">
            <TextInput label={fields.name} maxLength={100} autoComplete="off" {...form.getInputProps('name')} />
            <TextInput label={fields.image} placeholder={fields.imageHint} type="url" autoComplete="off" {...form.getInputProps('image')} />
            <JsonInput
              label={text.metadata}
              description={text.metadataHint}
              autosize
              minRows={2}
              maxRows={14}
              spellCheck={false}
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }}
              {...form.getInputProps('metadata')}
            />
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
