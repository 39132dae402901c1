import { Group, Stack } from '@mantine/core';
import { useSession } from '../../session/session.js';
import { RoleBadge, Tag } from '../../ui/badges.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { PersonAvatar } from '../../ui/person.js';
import { ui } from '../../ui/strings.js';
import { PasswordForm } from '../session/password-form.js';
import { accountText as text } from './account.strings.js';
import { AccessTokens } from './access-tokens.js';

export default function AccountPage() {
  const { operator } = useSession();
  return (
    <>
      <PageHeader
        title={text.title}
        before={<PersonAvatar id={operator.email} name={operator.name} size={44} />}
        description={
          <Group gap={8}>
            {operator.email}
            {operator.role && <RoleBadge role={operator.role} />}
            {operator.tenantRoles.map(({ tenantId, role }) => (
              <Tag key={tenantId}>
                {ui.role[role]} · {tenantId}
              </Tag>
            ))}
          </Group>
        }
      />
      <Stack gap="xl">
        <AccessTokens />
        <Panel title={text.password.title} description={text.password.description}>
          <div style={{ maxWidth: 380 }}>
            <PasswordForm email={operator.email} />
          </div>
        </Panel>
      </Stack>
    </>
  );
}
