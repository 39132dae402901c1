import type { OperatorRole } from '@parley/domain';
import type { RouteName } from '@parley/protocol';
import type { Scene } from '../testing/scene.js';

/**
 * What a caller meets: `allowed`; `own` = it succeeds inside the caller's own tenant and neither shows nor touches the
 * other; `missing` = 404 with the very body that ids get which name nothing; a code of a 403; `inside:` = 200 with the
 * code for each item.
 */
export type Outcome = 'allowed' | 'own' | 'missing' | 'forbidden' | 'not-a-member' | 'banned' | `inside:${string}`;

/** Callers with a credential of a tenant, by their standing towards the room `crew` of the first one. */
export type TenantCaller = 'owner' | 'member' | 'stranger' | 'former' | 'banned' | 'key' | 'foreigner' | 'foreignKey';
export type OperatorCaller = `platform${Capitalize<OperatorRole>}` | `tenant${Capitalize<OperatorRole>}` | 'foreignOperator';

export interface Row<C extends string = TenantCaller | OperatorCaller> {
  /** Right for whoever is allowed. */
  readonly args: (scene: Scene) => object;
  readonly outcomes: Readonly<Partial<Record<C, Outcome>>>;
  /** What success looks like where it is no 2xx. */
  readonly success?: number;
}

type Outcomes<C extends string> = Readonly<Record<C, Outcome>>;

const inRoom: Outcomes<TenantCaller> = {
  owner: 'allowed',
  member: 'allowed',
  stranger: 'missing',
  former: 'not-a-member',
  banned: 'banned',
  key: 'allowed',
  foreigner: 'missing',
  foreignKey: 'missing',
};
const byUsersInRoom: Outcomes<TenantCaller> = { ...inRoom, key: 'forbidden', foreignKey: 'forbidden' };
const byStaff: Outcomes<TenantCaller> = { ...inRoom, member: 'forbidden' };
const ofAnyUser: Outcomes<TenantCaller> = {
  owner: 'allowed',
  member: 'allowed',
  stranger: 'allowed',
  former: 'allowed',
  banned: 'allowed',
  key: 'allowed',
  foreigner: 'own',
  foreignKey: 'own',
};
const ofUsersOnly: Outcomes<TenantCaller> = { ...ofAnyUser, key: 'forbidden', foreignKey: 'forbidden' };
const byKeys: Outcomes<TenantCaller> = {
  owner: 'forbidden',
  member: 'forbidden',
  stranger: 'forbidden',
  former: 'forbidden',
  banned: 'forbidden',
  key: 'allowed',
  foreigner: 'forbidden',
  foreignKey: 'missing',
};

const RANK: readonly OperatorRole[] = ['viewer', 'moderator', 'admin', 'owner'];
const atLeast = (role: OperatorRole, least: OperatorRole): Outcome => (RANK.indexOf(role) >= RANK.indexOf(least) ? 'allowed' : 'forbidden');

const ofPlatform = (least: OperatorRole): Outcomes<OperatorCaller> => ({
  platformOwner: atLeast('owner', least),
  platformAdmin: atLeast('admin', least),
  platformModerator: atLeast('moderator', least),
  platformViewer: atLeast('viewer', least),
  tenantOwner: 'forbidden',
  tenantAdmin: 'forbidden',
  tenantModerator: 'forbidden',
  tenantViewer: 'forbidden',
  foreignOperator: 'forbidden',
});
const ofTenant = (least: OperatorRole): Outcomes<OperatorCaller> => ({
  ...ofPlatform(least),
  tenantOwner: atLeast('owner', least),
  tenantAdmin: atLeast('admin', least),
  tenantModerator: atLeast('moderator', least),
  tenantViewer: atLeast('viewer', least),
  foreignOperator: 'missing',
});
const ofSelf: Outcomes<OperatorCaller> = { ...ofTenant('viewer'), foreignOperator: 'own' };

const room = ({ roomId }: Scene) => ({ roomId });
const message = ({ roomId, messageId }: Scene) => ({ roomId, messageId });
const spare = ({ spareId }: Scene) => ({ userId: spareId });
const bannedOne = ({ roomId }: Scene) => ({ roomId, userId: 'eve' });
const draft = { clientMessageId: 'c-1', text: 'hello' };

const tenant = ({ tenantId }: Scene) => ({ tenantId });
const within =
  <T extends object>(more: (scene: Scene) => T) =>
  (scene: Scene) => ({ tenantId: scene.tenantId, ...more(scene) });

/** The published expectation, route by route. A route without a row does not compile. */
export const ROUTE_ROWS: Readonly<Record<RouteName, Row>> = {
  'users.me': { args: () => ({}), outcomes: ofUsersOnly },
  'users.updateMe': { args: () => ({ name: 'New' }), outcomes: ofUsersOnly },
  'users.put': { args: spare, outcomes: { ...byKeys, foreignKey: 'own' } },
  'users.putMany': { args: ({ spareId }) => ({ users: [{ id: spareId, name: 'New' }] }), outcomes: { ...byKeys, foreignKey: 'own' } },
  'users.get': { args: spare, outcomes: { ...ofAnyUser, foreigner: 'missing', foreignKey: 'missing' } },
  'users.list': { args: ({ spareId }) => ({ ids: `${spareId},bo` }), outcomes: ofAnyUser },
  'users.deactivate': { args: spare, outcomes: byKeys },
  'users.reactivate': { args: spare, outcomes: byKeys },
  'tokens.mint': { args: spare, outcomes: { ...byKeys, foreignKey: 'own' } },

  'rooms.create': { args: () => ({ id: 'made', kind: 'group', name: 'Made' }), outcomes: ofAnyUser },
  'rooms.direct': { args: spare, outcomes: { ...ofUsersOnly, foreigner: 'missing' } },
  'rooms.list': { args: () => ({}), outcomes: ofAnyUser },
  'rooms.get': { args: room, outcomes: inRoom },
  'rooms.update': { args: ({ roomId }) => ({ roomId, name: 'Renamed' }), outcomes: byStaff },
  'rooms.dissolve': { args: room, outcomes: byStaff },
  'rooms.join': {
    args: ({ channelId }) => ({ roomId: channelId }),
    outcomes: { ...ofUsersOnly, foreigner: 'missing' },
  },
  'rooms.members': { args: room, outcomes: inRoom },
  'rooms.addMembers': { args: ({ roomId, spareId }) => ({ roomId, userIds: [spareId] }), outcomes: inRoom },
  'rooms.updateMember': { args: ({ roomId }) => ({ roomId, userId: 'bo', name: 'Bobby' }), outcomes: inRoom },
  'rooms.removeMember': { args: ({ roomId }) => ({ roomId, userId: 'bo' }), outcomes: inRoom },

  'messages.send': { args: ({ roomId }) => ({ roomId, ...draft }), outcomes: byUsersInRoom },
  'messages.list': { args: room, outcomes: inRoom },
  'messages.get': { args: message, outcomes: inRoom },
  'messages.delete': { args: message, outcomes: inRoom },
  'typing.start': { args: room, outcomes: byUsersInRoom },
  'typing.stop': { args: room, outcomes: byUsersInRoom },
  'presence.get': { args: ({ spareId }) => ({ userIds: `${spareId},bo` }), outcomes: ofAnyUser },
  'presence.set': { args: () => ({ status: 'away' }), outcomes: ofUsersOnly },
  'receipts.mark': { args: ({ roomId }) => ({ roomId, kind: 'read', seq: 1 }), outcomes: byUsersInRoom },

  'bans.banFromRoom': { args: ({ roomId }) => ({ roomId, userId: 'bo' }), outcomes: byStaff },
  'bans.liftFromRoom': { args: bannedOne, outcomes: byStaff },
  'bans.listOfRoom': { args: room, outcomes: byStaff },
  'bans.banFromTenant': { args: spare, outcomes: byKeys },
  'bans.liftFromTenant': { args: () => ({ userId: 'hal' }), outcomes: byKeys },
  'bans.list': { args: () => ({}), outcomes: { ...byKeys, foreignKey: 'own' } },

  'sync.sync': {
    args: ({ roomId }) => ({ rooms: [{ roomId, afterPts: 0 }] }),
    outcomes: {
      ...byUsersInRoom,
      stranger: 'inside:not-found',
      former: 'inside:not-a-member',
      banned: 'inside:banned',
      foreigner: 'inside:not-found',
    },
  },
  'sync.events': { args: room, outcomes: inRoom },

  // Public: what it refuses is the wrong password.
  'session.signIn': { args: () => ({ email: 'nobody@example.org', password: 'not the password' }), outcomes: {} },
  'session.current': { args: () => ({}), outcomes: ofSelf },
  'session.signOut': { args: () => ({}), outcomes: ofSelf },
  // Let in as far as the question for the present password.
  'session.changePassword': {
    args: () => ({ currentPassword: 'not the password', newPassword: 'a longer secret phrase' }),
    outcomes: { ...ofSelf, foreignOperator: 'allowed' },
    success: 400,
  },

  'operators.list': { args: () => ({}), outcomes: ofPlatform('admin') },
  'operators.create': { args: ({ tenantId }) => ({ email: `made-${tenantId}@example.org` }), outcomes: ofPlatform('owner') },
  'operators.disable': { args: ({ operatorId }) => ({ operatorId }), outcomes: ofPlatform('owner') },
  'operators.enable': { args: ({ operatorId }) => ({ operatorId }), outcomes: ofPlatform('owner') },
  'operators.listTokens': { args: () => ({}), outcomes: ofSelf },
  'operators.createToken': { args: () => ({ name: 'laptop' }), outcomes: ofSelf },
  'operators.revokeToken': {
    args: ({ tokenId }) => ({ tokenId }),
    outcomes: {
      platformOwner: 'allowed',
      platformAdmin: 'missing',
      platformViewer: 'missing',
      tenantOwner: 'missing',
      foreignOperator: 'missing',
    },
  },

  'tenants.list': { args: () => ({}), outcomes: ofSelf },
  'tenants.create': { args: ({ tenantId }) => ({ id: `made-${tenantId}` }), outcomes: ofPlatform('admin') },
  'tenants.get': { args: tenant, outcomes: ofTenant('viewer') },
  'tenants.update': { args: within(() => ({ name: 'Renamed' })), outcomes: ofTenant('admin') },
  'tenants.suspend': { args: tenant, outcomes: ofPlatform('admin') },
  'tenants.resume': { args: tenant, outcomes: ofPlatform('admin') },

  'adminKeys.list': { args: tenant, outcomes: ofTenant('admin') },
  'adminKeys.create': { args: within(() => ({ name: 'shop' })), outcomes: ofTenant('admin') },
  'adminKeys.revoke': { args: within(({ keyId }) => ({ keyId })), outcomes: ofTenant('admin') },
  'adminKeys.listSigning': { args: tenant, outcomes: ofTenant('admin') },
  'adminKeys.createSigning': { args: tenant, outcomes: ofTenant('admin') },
  'adminKeys.revokeSigning': { args: within(({ signingKeyId }) => ({ keyId: signingKeyId })), outcomes: ofTenant('admin') },
  'adminKeys.mintToken': { args: within(spare), outcomes: ofTenant('admin') },

  'adminUsers.list': { args: tenant, outcomes: ofTenant('viewer') },
  'adminUsers.get': { args: within(spare), outcomes: ofTenant('viewer') },
  'adminUsers.presence': { args: ({ tenantId }) => ({ tenantId, userIds: 'bo' }), outcomes: ofTenant('viewer') },
  'adminUsers.put': { args: within(spare), outcomes: ofTenant('admin') },
  'adminUsers.deactivate': { args: within(spare), outcomes: ofTenant('admin') },
  'adminUsers.reactivate': { args: within(spare), outcomes: ofTenant('admin') },

  'adminBans.list': { args: tenant, outcomes: ofTenant('viewer') },
  'adminBans.banFromTenant': { args: within(spare), outcomes: ofTenant('moderator') },
  'adminBans.liftFromTenant': { args: within(() => ({ userId: 'hal' })), outcomes: ofTenant('moderator') },
  'adminBans.listOfRoom': { args: within(room), outcomes: ofTenant('viewer') },
  'adminBans.banFromRoom': { args: within(({ roomId }) => ({ roomId, userId: 'bo' })), outcomes: ofTenant('moderator') },
  'adminBans.liftFromRoom': { args: within(bannedOne), outcomes: ofTenant('moderator') },

  'adminRooms.list': { args: tenant, outcomes: ofTenant('viewer') },
  'adminRooms.create': { args: within(() => ({ id: 'made', kind: 'group' })), outcomes: ofTenant('admin') },
  'adminRooms.get': { args: within(room), outcomes: ofTenant('viewer') },
  'adminRooms.update': { args: within(({ roomId }) => ({ roomId, name: 'Renamed' })), outcomes: ofTenant('moderator') },
  'adminRooms.dissolve': { args: within(room), outcomes: ofTenant('admin') },
  'adminRooms.members': { args: within(room), outcomes: ofTenant('viewer') },
  'adminRooms.addMembers': { args: within(({ roomId, spareId }) => ({ roomId, userIds: [spareId] })), outcomes: ofTenant('admin') },
  'adminRooms.updateMember': { args: within(({ roomId }) => ({ roomId, userId: 'bo', role: 'admin' })), outcomes: ofTenant('moderator') },
  'adminRooms.removeMember': { args: within(({ roomId }) => ({ roomId, userId: 'bo' })), outcomes: ofTenant('moderator') },
  'adminRooms.messages': { args: within(room), outcomes: ofTenant('moderator') },
  'adminRooms.deleteMessage': { args: within(message), outcomes: ofTenant('moderator') },
  'adminRooms.sendMessage': { args: within(({ roomId }) => ({ roomId, asUserId: 'bo', ...draft })), outcomes: ofTenant('admin') },

  'audit.ofPlatform': { args: () => ({}), outcomes: ofPlatform('admin') },
  'audit.ofTenant': { args: tenant, outcomes: ofTenant('admin') },
  'stats.overview': { args: () => ({}), outcomes: ofPlatform('viewer') },
  'nodes.list': { args: () => ({}), outcomes: ofPlatform('viewer') },
  'nodes.drain': { args: ({ nodeId }) => ({ nodeId }), outcomes: ofPlatform('admin') },
  'nodes.resume': { args: ({ nodeId }) => ({ nodeId }), outcomes: ofPlatform('admin') },
  'connect.find': { args: () => ({}), outcomes: {} },
};
