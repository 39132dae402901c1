import { Button } from '@mantine/core';
import { routes, type User } from '@parley/protocol';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { confirmThat } from '../../ui/dialogs.js';
import { usersText } from './users.strings.js';

export function ActivationButton({ tenantId, user }: { readonly tenantId: string; readonly user: User }) {
  const isActive = user.deactivatedAt === undefined;
  const text = isActive ? usersText.deactivate : usersText.reactivate;
  const ask = () =>
    confirmThat({
      title: text.title(user.id),
      consequences: text.consequences,
      action: text.action,
      isDanger: isActive,
      run: () => call(isActive ? routes.adminUsers.deactivate : routes.adminUsers.reactivate, { tenantId, userId: user.id }),
      refresh: () => refreshTenant(tenantId),
      done: text.done,
    });
  return (
    <Button variant="default" onClick={ask}>
      {text.action}
    </Button>
  );
}
