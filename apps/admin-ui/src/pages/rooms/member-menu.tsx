import { routes, type Member } from '@parley/protocol';
import { IconBan, IconMicrophone, IconMicrophoneOff, IconUserMinus, IconUserStar } from '@tabler/icons-react';
import { call } from '../../api/client.js';
import { refreshTenant } from '../../api/queries.js';
import { confirmThat } from '../../ui/dialogs.js';
import { RowMenu } from '../../ui/menu-button.js';
import { openBan } from '../bans/ban-dialog.js';
import { openMute, openRole } from './member-dialogs.js';
import { roomsText } from './rooms.strings.js';

const { member: text } = roomsText;

export interface MemberMenuProps {
  readonly member: Member;
  readonly tenantId: string;
  /** A direct room has two equal members for ever: roles and removal mean nothing there. */
  readonly isDirect: boolean;
}

export function MemberMenu({ member, tenantId, isDirect }: MemberMenuProps) {
  const name = member.name ?? member.user.name;
  const { roomId, userId } = member;
  const isMuted = member.mutedUntil !== undefined && Date.parse(member.mutedUntil) > Date.now();
  return (
    <RowMenu
      label={text.menu(name)}
      entries={[
        !isDirect && { label: text.changeRole, icon: IconUserStar, onClick: () => openRole(tenantId, member) },
        isMuted
          ? { label: text.unmute, icon: IconMicrophone, onClick: () => confirmUnmute(tenantId, member) }
          : { label: text.mute, icon: IconMicrophoneOff, onClick: () => openMute(tenantId, member) },
        !isDirect && { label: text.remove, icon: IconUserMinus, isDanger: true, onClick: () => confirmRemove(tenantId, member) },
        { label: text.ban, icon: IconBan, isDanger: true, onClick: () => openBan({ tenantId, roomId, userId }) },
      ]}
    />
  );
}

function confirmUnmute(tenantId: string, { roomId, userId, user, name }: Member): void {
  confirmThat({
    title: text.unmuteTitle(name ?? user.name),
    action: text.unmute,
    run: () => call(routes.adminRooms.updateMember, { tenantId, roomId, userId, muteSeconds: null }),
    refresh: () => refreshTenant(tenantId),
    done: text.unmuteDone,
  });
}

function confirmRemove(tenantId: string, { roomId, userId, user, name }: Member): void {
  confirmThat({
    title: text.removeTitle(name ?? user.name),
    body: text.removeBody,
    action: text.removeAction,
    isDanger: true,
    run: () => call(routes.adminRooms.removeMember, { tenantId, roomId, userId }),
    refresh: () => refreshTenant(tenantId),
    done: text.removeDone,
  });
}
