import type { JsonObject, OperatorRole, Scope, SigningAlgorithm, TenantSettings, TenantStatus } from '@parley/domain';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** Rows that are read and written whole. Joined reads of rooms and members are written out in SQL beside their store. */

@Entity('tenants')
export class TenantEntity {
  @PrimaryColumn('text') id: string = '';
  @Column('text') name: string = '';
  @Column('text') status: TenantStatus = 'active';
  @Column('jsonb') settings: TenantSettings = {} as TenantSettings;
  @Column('bigint', { default: 1 }) version: number = 1;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date = new Date(0);
  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' }) updatedAt: Date = new Date(0);
  @Column('timestamptz', { name: 'suspended_at', nullable: true }) suspendedAt: Date | null = null;
}

@Entity('api_keys')
export class ApiKeyEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string = '';
  @PrimaryColumn('uuid') id: string = '';
  @Column('text') name: string = '';
  @Column('text') prefix: string = '';
  @Column('text') hash: string = '';
  @Column('text', { array: true }) scopes: Scope[] = [];
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date = new Date(0);
  @Column('timestamptz', { name: 'last_used_at', nullable: true }) lastUsedAt: Date | null = null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt: Date | null = null;
}

@Entity('signing_keys')
export class SigningKeyEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string = '';
  @PrimaryColumn('text') id: string = '';
  @Column('text') algorithm: SigningAlgorithm = 'HS256';
  @Column('text') material: string = '';
  @Column('text', { nullable: true }) issuer: string | null = null;
  @Column('text', { nullable: true }) audience: string | null = null;
  @Column('text', { name: 'user_id_prefix' }) userIdPrefix: string = '';
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date = new Date(0);
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt: Date | null = null;
}

@Entity('audit_log')
export class AuditEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string = '';
  @PrimaryColumn('bigint') number: number = 0;
  @Column('timestamptz') at: Date = new Date(0);
  @Column('text') action: string = '';
  @Column('text', { name: 'actor_kind' }) actorKind: 'operator' | 'key' | 'user' | 'system' = 'system';
  @Column('text', { name: 'actor_id' }) actorId: string = '';
  @Column('text', { name: 'target_kind' }) targetKind: string = '';
  @Column('text', { name: 'target_id' }) targetId: string = '';
  @Column('jsonb') detail: JsonObject = {};
  @Column('text', { name: 'request_id' }) requestId: string = '';
  @Column('text', { nullable: true }) ip: string | null = null;
  @Column('text') hash: string = '';
}

@Entity('operators')
export class OperatorEntity {
  @PrimaryColumn('uuid') id: string = '';
  @Column('text') email: string = '';
  @Column('text') name: string = '';
  @Column('text', { name: 'password_hash' }) passwordHash: string = '';
  @Column('boolean', { name: 'must_change_password' }) mustChangePassword: boolean = false;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date = new Date(0);
  @Column('timestamptz', { name: 'last_login_at', nullable: true }) lastLoginAt: Date | null = null;
  @Column('timestamptz', { name: 'disabled_at', nullable: true }) disabledAt: Date | null = null;
}

/** `tenantId` '' = platform-wide. */
@Entity('operator_grants')
export class OperatorGrantEntity {
  @PrimaryColumn('uuid', { name: 'operator_id' }) operatorId: string = '';
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string = '';
  @Column('text') role: OperatorRole = 'viewer';
}

@Entity('operator_sessions')
export class OperatorSessionEntity {
  @PrimaryColumn('uuid') id: string = '';
  @Column('uuid', { name: 'operator_id' }) operatorId: string = '';
  @Column('text', { name: 'token_hash' }) tokenHash: string = '';
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date = new Date(0);
  @Column('timestamptz', { name: 'last_seen_at' }) lastSeenAt: Date = new Date(0);
  @Column('text', { nullable: true }) ip: string | null = null;
  @Column('text', { name: 'user_agent', nullable: true }) userAgent: string | null = null;
}

@Entity('operator_tokens')
export class OperatorTokenEntity {
  @PrimaryColumn('uuid') id: string = '';
  @Column('uuid', { name: 'operator_id' }) operatorId: string = '';
  @Column('text', { name: 'token_hash' }) tokenHash: string = '';
  @Column('text') name: string = '';
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date = new Date(0);
  @Column('timestamptz', { name: 'expires_at', nullable: true }) expiresAt: Date | null = null;
  @Column('timestamptz', { name: 'last_used_at', nullable: true }) lastUsedAt: Date | null = null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt: Date | null = null;
}

export const ENTITIES = [
  TenantEntity,
  ApiKeyEntity,
  SigningKeyEntity,
  AuditEntity,
  OperatorEntity,
  OperatorGrantEntity,
  OperatorSessionEntity,
  OperatorTokenEntity,
] as const;
