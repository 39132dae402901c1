import { randomBytes } from 'node:crypto';
import { BanService, KeyService, OperatorService, platformActor, SCOPES, type Scope } from '@parley/domain';
import { aCall, anOperatorActor, type MemoryDatabase, type TenantSpace } from '@parley/domain/testing';
import type { TestServer } from './test-server.js';

/** Ids that name nothing anywhere. */
export const NOWHERE = {
  tenantId: 'no-such-tenant',
  roomId: 'no-such-room',
  userId: 'no-such-user',
  messageId: '01980000-0000-7000-8000-000000000000',
  keyId: '01980000-0000-7000-8000-000000000001',
  operatorId: '01980000-0000-7000-8000-000000000002',
  tokenId: '01980000-0000-7000-8000-000000000003',
  nodeId: '01980000-0000-7000-8000-000000000004',
} as const;

/** Two tenants that share no id, with somebody in every standing towards the room `crew` of the first; `hal` is banned from all of it. */
export interface Scene {
  readonly tenantId: string;
  readonly otherId: string;
  readonly roomId: string;
  /** A channel that any user of the tenant reads. */
  readonly channelId: string;
  readonly otherRoomId: string;
  /** By the member. */
  readonly messageId: string;
  readonly otherMessageId: string;
  readonly spareId: string;
  readonly keyId: string;
  readonly signingKeyId: string;
  readonly otherKeyId: string;
  readonly operatorId: string;
  readonly tokenId: string;
  readonly nodeId: string;
  /** User tokens by standing. */
  readonly owner: string;
  readonly member: string;
  readonly stranger: string;
  readonly former: string;
  readonly banned: string;
  readonly foreigner: string;
  /** API keys. */
  readonly key: string;
  readonly foreignKey: string;
  keyWithout(scope: Scope): Promise<string>;
  /** Personal access tokens of operators: of the platform, of the tenant, of the other tenant. */
  readonly platformOwner: string;
  readonly platformAdmin: string;
  readonly platformModerator: string;
  readonly platformViewer: string;
  readonly tenantOwner: string;
  readonly tenantAdmin: string;
  readonly tenantModerator: string;
  readonly tenantViewer: string;
  readonly foreignOperator: string;
}

export async function aScene({ seed, running: { app } }: TestServer): Promise<Scene> {
  const n = randomBytes(6).toString('hex');
  const [tenantId, otherId] = [`acme-${n}`, `other-${n}`];
  for (const id of [tenantId, otherId]) await seed.tenant(id);
  await seed.users(tenantId, ['ann', 'bo', 'cy', 'dee', 'eve', 'gus', 'hal']);
  await seed.users(otherId, ['zed']);
  await seed.group(tenantId, 'crew', ['ann', 'bo', 'dee', 'eve']);
  await seed.channel(tenantId, 'plaza', ['ann']);
  await seed.group(otherId, 'zoo', ['zed']);
  const message = await seed.send(tenantId, 'bo', 'crew', 'the canary of acme');
  const otherMessage = await seed.send(otherId, 'zed', 'zoo', 'the canary of other');
  await seed.leave(tenantId, 'dee', 'crew');
  await app.get(BanService).banFromRoom(await seed.as(tenantId, 'ann'), 'crew', { userId: 'eve', reason: 'spam' });
  await app.get(BanService).banFromTenant(anOperatorActor(tenantId), { userId: 'hal' });
  const key = await seed.apiKey(tenantId);
  const foreignKey = await seed.apiKey(otherId);
  const operator = async (name: string, role: 'owner' | 'admin' | 'moderator' | 'viewer', of?: string) =>
    (await seed.operator(`${name}-${n}@example.org`, role, of)).token;
  const spare = await seed.operator(`spare-${n}@example.org`, 'viewer');
  const platformOwner = await seed.operator(`owner-${n}@example.org`, 'owner');
  const ownTokens = await app.get(OperatorService).listTokens(platformActor(platformOwner.operator, aCall()));
  const nodeId = await seed.node();
  const { items: signingKeys } = await app.get(KeyService).listSigningKeys(anOperatorActor(tenantId), { limit: 1 });
  return {
    tenantId,
    otherId,
    roomId: 'crew',
    channelId: 'plaza',
    otherRoomId: 'zoo',
    messageId: message.id,
    otherMessageId: otherMessage.id,
    spareId: 'gus',
    keyId: key.id,
    signingKeyId: first(signingKeys).id,
    otherKeyId: foreignKey.id,
    operatorId: spare.operator.id,
    tokenId: first(ownTokens).id,
    nodeId,
    owner: await seed.token(tenantId, 'ann'),
    member: await seed.token(tenantId, 'bo'),
    stranger: await seed.token(tenantId, 'cy'),
    former: await seed.token(tenantId, 'dee'),
    banned: await seed.token(tenantId, 'eve'),
    foreigner: await seed.token(otherId, 'zed'),
    key: key.secret,
    foreignKey: foreignKey.secret,
    keyWithout: async (scope) =>
      (
        await seed.apiKey(
          tenantId,
          SCOPES.filter((other) => other !== scope),
        )
      ).secret,
    platformOwner: platformOwner.token,
    platformAdmin: await operator('admin', 'admin'),
    platformModerator: await operator('moderator', 'moderator'),
    platformViewer: await operator('viewer', 'viewer'),
    tenantOwner: await operator('acme-owner', 'owner', tenantId),
    tenantAdmin: await operator('acme-admin', 'admin', tenantId),
    tenantModerator: await operator('acme-moderator', 'moderator', tenantId),
    tenantViewer: await operator('acme-viewer', 'viewer', tenantId),
    foreignOperator: await operator('other-owner', 'owner', otherId),
  };
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('the scene lacks something');
  return item;
}

/** Noted by merely looking: no change. */
const TRACES = new Set(['lastUsedAt', 'lastSeenAt', 'lastLoginAt']);
const withoutTraces = (name: string, value: unknown): unknown => (TRACES.has(name) ? undefined : plain(value));

function plain(value: unknown): unknown {
  if (value instanceof Map) return [...value];
  return value instanceof Set ? [...value] : value;
}

const textOf = (value: unknown): string => JSON.stringify(value, withoutTraces);

/** All rows of a tenant, as text. */
export function rowsOf(db: MemoryDatabase, tenantId: string): string {
  const space: TenantSpace = db.space(tenantId);
  // That a user was seen is noted by itself, some time after it connected.
  const wishes = space.presences.values().flatMap(({ wish, changedAt }) => (changedAt ? [{ wish, changedAt }] : []));
  const tables = Object.entries({ ...space, presences: { values: () => wishes } }).flatMap(([name, table]: [string, unknown]) => {
    const rows = table !== null && typeof table === 'object' && 'values' in table ? (table.values as () => unknown[]).call(table) : [];
    return [`${name} ${textOf(rows)}`];
  });
  return [textOf(db.tenants.get(tenantId)), ...tables].join('\n');
}

/** All rows of the platform, as text. */
export function platformRows(db: MemoryDatabase): string {
  const tables = [db.tenants, db.operators, db.sessions, db.tokens, db.platformAudit].map((table) => table.values());
  // A node notes by itself that it lives.
  const drained = db.nodes.values().flatMap(({ identity, isDrainWanted }) => (isDrainWanted ? [identity.id] : []));
  return [...tables, drained].map(textOf).join('\n');
}
