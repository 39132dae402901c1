const AT = '2026-03-01T10:20:30.000Z';

export const aTenant = (id: string, status: 'active' | 'suspended' = 'active') => ({
  id,
  name: `The ${id}`,
  status,
  settings: {
    firstSight: true,
    dmPolicy: 'open',
    usersCreateGroups: true,
    usersCreateChannels: false,
    memberCanInvite: true,
    deleteWindowSeconds: 0,
    allowedOrigins: [],
    limits: {},
  },
  createdAt: AT,
  updatedAt: AT,
});

export const aUser = (id: string, name = id) => ({ id, name, metadata: {}, createdAt: AT, updatedAt: AT });

export const aBan = (userId: string, roomId?: string) => ({
  id: 'ban-1',
  userId,
  ...(roomId && { roomId }),
  createdAt: AT,
  createdBy: 'op',
  createdByKind: 'operator',
});

export const aMessage = (seq: number, text: string) => ({
  id: `0190c0de-0000-7000-8000-${String(seq).padStart(12, '0')}`,
  roomId: 'lobby',
  seq,
  pts: seq,
  type: 'text',
  sender: { id: 'ann', name: 'Ann' },
  clientMessageId: `c${seq}`,
  text,
  attachments: [],
  mentions: [],
  metadata: {},
  createdAt: AT,
  reactions: [],
});

export const aRoom = (id: string) => ({
  id,
  epoch: 1,
  kind: 'group',
  name: 'Lobby',
  metadata: {},
  settings: { memberCanInvite: true, memberCanPost: true, joinPolicy: 'closed', publicRead: false, historyVisibility: 'all', muted: false },
  memberCount: 3,
  lastSeq: 7,
  pts: 9,
  createdAt: AT,
});

export const anOperator = {
  id: '0190c0de-0000-7000-8000-000000000009',
  email: 'op@example.com',
  name: 'Op',
  role: 'owner',
  tenantRoles: [],
  mustChangePassword: false,
  createdAt: AT,
};

export const figures = { users: 3, rooms: 2, messages: 7, bans: 0 };
