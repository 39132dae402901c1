import {
  SCOPES,
  type CallInfo,
  type KeyActor,
  type OperatorActor,
  type OperatorRole,
  type Person,
  type PlatformActor,
  type UserActor,
} from '../actor.js';
import type { TenantId } from '../ids.js';
import type { MessageDraft } from '../messages/message.js';

/** Values for tests, right unless said otherwise. */

let counter = 0;
const next = (): number => {
  counter += 1;
  return counter;
};

export const aCall = (call: Partial<CallInfo> = {}): CallInfo => ({ requestId: `test-${next()}`, ...call });

export const aUserActor = (tenantId: TenantId, user: Person, more: Partial<UserActor> = {}): UserActor => ({
  kind: 'user',
  tenantId,
  user,
  call: aCall(),
  ...more,
});

export const aKeyActor = (tenantId: TenantId, more: Partial<KeyActor> = {}): KeyActor => ({
  kind: 'key',
  tenantId,
  keyId: 'test-key',
  scopes: new Set(SCOPES),
  call: aCall(),
  ...more,
});

export const anOperatorActor = (tenantId: TenantId, role: OperatorRole = 'owner', more: Partial<OperatorActor> = {}): OperatorActor => ({
  kind: 'operator',
  tenantId,
  operatorId: 'test-operator',
  email: 'operator@example.org',
  role,
  call: aCall(),
  ...more,
});

export const aPlatformActor = (role: OperatorRole | undefined = 'owner', more: Partial<PlatformActor> = {}): PlatformActor => ({
  kind: 'platform',
  operatorId: 'test-operator',
  email: 'operator@example.org',
  role,
  tenantRoles: new Map(),
  call: aCall(),
  ...more,
});

/** A draft under a client id of its own. */
export const aDraft = (roomId: string, draft: Partial<MessageDraft> = {}): MessageDraft => {
  const number = next();
  return { roomId, clientMessageId: `client-${number}`, type: 'text', text: `text ${number}`, ...draft };
};
