import { randomUUID } from 'node:crypto';
import {
  KeyService,
  MemberService,
  MessageService,
  NodeService,
  OperatorService,
  platformActor,
  RoomService,
  TenantService,
  UserService,
  type Message,
  type Operator,
  type OperatorRole,
  type Scope,
  type TenantSettings,
  type UserActor,
} from '@parley/domain';
import { aCall, aDraft, anOperatorActor, aPlatformActor, aUserActor } from '@parley/domain/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

export interface SeededOperator {
  readonly operator: Operator;
  readonly password: string;
  /** A personal access token. */
  readonly token: string;
}

/** Fills a running server through its own services, past its doors. */
export class Seed {
  constructor(private readonly app: NestFastifyApplication) {}

  /** A tenant with a signing key. */
  async tenant(id: string, settings: Partial<TenantSettings> = {}): Promise<void> {
    await this.app.get(TenantService).create(aPlatformActor('owner'), { id, settings });
    await this.signingKey(id);
  }

  /** Another process of the installation, heard of just now. */
  async node(): Promise<string> {
    const id = randomUUID();
    const report = {
      connections: 0,
      messagesPerSecond: 0,
      eventLoopDelayMs: 0,
      memoryBytes: 1,
      isReady: true,
      isDraining: false,
      redis: 'none',
    } as const;
    await this.app.get(NodeService).beat({ id, role: 'api', version: 'test', startedAt: new Date() }, report);
    return id;
  }

  /** HS256; its secret is at least 32 bytes. */
  async signingKey(tenantId: string, secret?: string): Promise<{ id: string; secret: string }> {
    const made = await this.app.get(KeyService).createSigningKey(anOperatorActor(tenantId), { secret });
    return { id: made.key.id, secret: made.secret };
  }

  async users(tenantId: string, ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.app.get(UserService).put(anOperatorActor(tenantId), id, { name: id });
  }

  token(tenantId: string, userId: string, expiresInSeconds = 3_600): Promise<string> {
    return this.app
      .get(KeyService)
      .mintToken(anOperatorActor(tenantId), { userId, expiresInSeconds })
      .then(({ token }) => token);
  }

  async apiKey(tenantId: string, scopes?: readonly Scope[]): Promise<{ id: string; secret: string }> {
    const { key, secret } = await this.app.get(KeyService).createApiKey(anOperatorActor(tenantId), { name: 'seeded', scopes });
    return { id: key.id, secret };
  }

  /** A group; the first of these users owns it. */
  async group(tenantId: string, id: string, members: readonly string[]): Promise<void> {
    await this.app.get(RoomService).create(anOperatorActor(tenantId), { id, kind: 'group', name: id, members });
  }

  async channel(tenantId: string, id: string, members: readonly string[]): Promise<void> {
    await this.app.get(RoomService).create(anOperatorActor(tenantId), { id, kind: 'channel', name: id, members });
  }

  async as(tenantId: string, userId: string): Promise<UserActor> {
    const { no, id, name } = await this.app.get(UserService).get(anOperatorActor(tenantId), userId);
    return aUserActor(tenantId, { no, id, name });
  }

  async send(tenantId: string, userId: string, roomId: string, text: string): Promise<Message> {
    const { message } = await this.app.get(MessageService).send(await this.as(tenantId, userId), aDraft(roomId, { text }));
    return message;
  }

  async leave(tenantId: string, userId: string, roomId: string): Promise<void> {
    await this.app.get(MemberService).remove(await this.as(tenantId, userId), roomId, userId);
  }

  async operator(email: string, role: OperatorRole | undefined, tenantId?: string): Promise<SeededOperator> {
    const operators = this.app.get(OperatorService);
    const { operator, password } = await operators.create(aPlatformActor('owner'), { email, role, tenantId });
    const { secret } = await operators.createToken(platformActor(operator, aCall()), 'seeded');
    return { operator, password, token: secret };
  }
}
