import { pageOf, type ApiKey, type Keys, type PageRequest, type SigningKey } from '@parley/domain';
import { IsNull, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { ApiKeyEntity, SigningKeyEntity } from './entities.js';
import type { Tx } from './tx.js';

export function keysSection({ manager, run, tenantId }: Tx): Keys {
  const newest = async <T extends ObjectLiteral & { createdAt: Date; id: string }>(
    entity: EntityTarget<T>,
    { limit, after }: PageRequest,
  ): Promise<T[]> => {
    const query = manager.createQueryBuilder(entity, 'k').where('k.tenantId = :tenantId', { tenantId });
    if (after) query.andWhere('(k.createdAt, k.id) < (:at, :id)', { at: after[0], id: after[1] });
    return query
      .orderBy('k.createdAt', 'DESC')
      .addOrderBy('k.id', 'DESC')
      .take(limit + 1)
      .getMany();
  };
  return {
    insertApiKey: async ({ id, name, prefix, scopes, hash }) => {
      await manager.insert(ApiKeyEntity, { tenantId, id, name, prefix, scopes: [...scopes], hash });
      return toApiKey(await manager.findOneByOrFail(ApiKeyEntity, { tenantId, id }));
    },
    apiKeyByHash: async (hash) => {
      const row = await manager.findOneBy(ApiKeyEntity, { tenantId, hash });
      return row ? toApiKey(row) : undefined;
    },
    touchApiKey: async (id) => {
      await manager.update(ApiKeyEntity, { tenantId, id }, { lastUsedAt: () => 'now()' });
    },
    listApiKeys: async (page) => pageOf((await newest(ApiKeyEntity, page)).map(toApiKey), page.limit, byTime),
    revokeApiKey: async (id) => {
      await manager.update(ApiKeyEntity, { tenantId, id, revokedAt: IsNull() }, { revokedAt: () => 'now()' });
      const row = await manager.findOneBy(ApiKeyEntity, { tenantId, id });
      return row ? toApiKey(row) : undefined;
    },
    insertSigningKey: async ({ id, algorithm, material, issuer, audience, userIdPrefix }) => {
      await manager.insert(SigningKeyEntity, {
        tenantId,
        id,
        algorithm,
        material,
        issuer: issuer ?? null,
        audience: audience ?? null,
        userIdPrefix,
      });
      return toSigningKey(await manager.findOneByOrFail(SigningKeyEntity, { tenantId, id }));
    },
    signingKey: async (id) => {
      const row = await manager.findOneBy(SigningKeyEntity, { tenantId, id });
      return row ? toSigningKey(row) : undefined;
    },
    listSigningKeys: async (page) => pageOf((await newest(SigningKeyEntity, page)).map(toSigningKey), page.limit, byTime),
    revokeSigningKey: async (id) => {
      const { affected } = await manager.update(SigningKeyEntity, { tenantId, id, revokedAt: IsNull() }, { revokedAt: () => 'now()' });
      if (affected) await run('UPDATE tenants SET version = version + 1 WHERE id = $1', [tenantId]);
      const row = await manager.findOneBy(SigningKeyEntity, { tenantId, id });
      return row ? toSigningKey(row) : undefined;
    },
  };
}

const byTime = ({ createdAt, id }: { createdAt: Date; id: string }) => [createdAt.toISOString(), id];

function toApiKey({ id, tenantId, name, prefix, scopes, createdAt, lastUsedAt, revokedAt }: ApiKeyEntity): ApiKey {
  return { id, tenantId, name, prefix, scopes, createdAt, lastUsedAt: lastUsedAt ?? undefined, revokedAt: revokedAt ?? undefined };
}

function toSigningKey({
  id,
  tenantId,
  algorithm,
  material,
  issuer,
  audience,
  userIdPrefix,
  createdAt,
  revokedAt,
}: SigningKeyEntity): SigningKey {
  return {
    id,
    tenantId,
    algorithm,
    material,
    issuer: issuer ?? undefined,
    audience: audience ?? undefined,
    userIdPrefix,
    createdAt,
    revokedAt: revokedAt ?? undefined,
  };
}
