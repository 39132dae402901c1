import { routes, type Ban } from '@parley/protocol';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { confirmThat } from '../../ui/dialogs.js';
import { bansText } from './bans.strings.js';

const { liftDialog: text } = bansText;

export function confirmLift(tenantId: string, { userId, roomId }: Ban): void {
  confirmThat({
    title: text.title(userId),
    body: roomId === undefined ? text.tenant : text.room,
    action: bansText.lift,
    run: () =>
      roomId === undefined
        ? call(routes.adminBans.liftFromTenant, { tenantId, userId })
        : call(routes.adminBans.liftFromRoom, { tenantId, roomId, userId }),
    refresh: () => refreshTenant(tenantId),
    done: text.done,
  });
}
