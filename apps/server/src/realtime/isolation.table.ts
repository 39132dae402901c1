import type { socketCommands } from '@parley/protocol';
import type { Scene } from '../testing/scene.js';

type Commands = typeof socketCommands;
/** `noun.verb` of the table of commands. */
export type CommandName = { [N in keyof Commands]: `${N}.${Extract<keyof Commands[N], string>}` }[keyof Commands];

/** As for routes: `missing` is the very problem that ids get which name nothing. */
export type Outcome = 'allowed' | 'own' | 'missing' | 'forbidden' | 'not-a-member' | 'banned' | `inside:${string}`;
export type UserCaller = 'owner' | 'member' | 'stranger' | 'former' | 'banned' | 'foreigner';
export type OperatorCaller = 'platformOwner' | 'platformViewer' | 'tenantModerator' | 'tenantViewer' | 'foreignOperator';

export interface Row {
  readonly args: (scene: Scene) => object;
  readonly outcomes: Readonly<Partial<Record<UserCaller | OperatorCaller, Outcome>>>;
  /** What the command answers those it lets in, where it is no success. */
  readonly success?: string;
}

const inRoom: Readonly<Record<UserCaller, Outcome>> = {
  owner: 'allowed',
  member: 'allowed',
  stranger: 'missing',
  former: 'not-a-member',
  banned: 'banned',
  foreigner: 'missing',
};
const byStaff = { ...inRoom, member: 'forbidden' } as const;
const ofAnyUser: Readonly<Record<UserCaller, Outcome>> = {
  owner: 'allowed',
  member: 'allowed',
  stranger: 'allowed',
  former: 'allowed',
  banned: 'allowed',
  foreigner: 'own',
};

const room = ({ roomId }: Scene) => ({ roomId });

/** The published expectation, command by command. A command without a row does not compile. */
export const COMMAND_ROWS: Readonly<Record<CommandName, Row>> = {
  'messages.send': { args: ({ roomId }) => ({ roomId, clientMessageId: 'c-1', text: 'hello' }), outcomes: inRoom },
  'messages.list': { args: room, outcomes: inRoom },
  'messages.delete': { args: ({ roomId, messageId }) => ({ roomId, messageId }), outcomes: inRoom },
  'receipts.mark': { args: ({ roomId }) => ({ roomId, kind: 'read', seq: 1 }), outcomes: inRoom },
  'typing.start': { args: room, outcomes: inRoom },
  'typing.stop': { args: room, outcomes: inRoom },
  'presence.set': { args: () => ({ status: 'away' }), outcomes: ofAnyUser },
  'presence.subscribe': { args: () => ({ userIds: ['bo'] }), outcomes: ofAnyUser },
  'presence.unsubscribe': { args: () => ({ userIds: ['bo'] }), outcomes: ofAnyUser },
  'sync.sync': {
    args: ({ roomId }) => ({ rooms: [{ roomId, afterPts: 0 }] }),
    outcomes: {
      ...inRoom,
      stranger: 'inside:not-found',
      former: 'inside:not-a-member',
      banned: 'inside:banned',
      foreigner: 'inside:not-found',
    },
  },

  'rooms.create': { args: () => ({ id: 'made', kind: 'group', name: 'Made' }), outcomes: ofAnyUser },
  'rooms.direct': { args: ({ spareId }) => ({ userId: spareId }), outcomes: { ...ofAnyUser, foreigner: 'missing' } },
  'rooms.list': { args: () => ({}), outcomes: ofAnyUser },
  'rooms.get': { args: room, outcomes: inRoom },
  'rooms.update': { args: ({ roomId }) => ({ roomId, name: 'Renamed' }), outcomes: byStaff },
  'rooms.dissolve': { args: room, outcomes: byStaff },
  'rooms.join': { args: ({ channelId }) => ({ roomId: channelId }), outcomes: { ...ofAnyUser, foreigner: 'missing' } },
  'rooms.leave': { args: ({ roomId }) => ({ roomId, transferTo: 'auto' }), outcomes: inRoom },
  'rooms.subscribe': { args: room, outcomes: inRoom },
  'rooms.unsubscribe': { args: room, outcomes: inRoom },
  'rooms.members': { args: room, outcomes: inRoom },
  'rooms.addMembers': { args: ({ roomId, spareId }) => ({ roomId, userIds: [spareId] }), outcomes: inRoom },
  'rooms.removeMember': {
    args: ({ roomId }) => ({ roomId, userId: 'ann' }),
    // Nobody is above the owner, who hands over before leaving.
    outcomes: { ...byStaff, owner: 'allowed' },
    success: 'conflict',
  },
  'rooms.updateMember': { args: ({ roomId }) => ({ roomId, userId: 'bo', name: 'Bobby' }), outcomes: inRoom },

  // Only with a newer token of the same user.
  'session.renew': { args: () => ({ token: 'no token' }), outcomes: { ...ofAnyUser, foreigner: 'allowed' }, success: 'token-invalid' },
  'session.state': { args: () => ({ state: 'background' }), outcomes: ofAnyUser },

  'admin.watchRoom': {
    args: ({ tenantId, roomId }) => ({ tenantId, roomId }),
    outcomes: {
      platformOwner: 'allowed',
      platformViewer: 'forbidden',
      tenantModerator: 'allowed',
      tenantViewer: 'forbidden',
      foreignOperator: 'missing',
    },
  },
  'admin.unwatchRoom': {
    args: () => ({}),
    outcomes: {
      platformOwner: 'allowed',
      platformViewer: 'allowed',
      tenantModerator: 'allowed',
      tenantViewer: 'allowed',
      foreignOperator: 'own',
    },
  },
};
