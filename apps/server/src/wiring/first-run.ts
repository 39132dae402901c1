import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  KeyService,
  OperatorService,
  platformActor,
  RoomService,
  TenantService,
  UserService,
  type OperatorActor,
  type PlatformActor,
} from '@parley/domain';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** What the first start leaves behind, mode 0600. */
export interface FirstRun {
  readonly url: string;
  readonly dashboardUrl: string;
  readonly operator: { readonly email: string; readonly password: string };
  readonly tenant?: { readonly id: string; readonly apiKey: string; readonly signingKeyId: string; readonly signingSecret: string };
}

export interface Bootstrap {
  readonly dataDir: string;
  readonly url: string;
  readonly email: string;
  readonly password: string | undefined;
  readonly requestId: string;
  readonly withSampleTenant: boolean;
}

const TENANT = 'demo';

/** Makes the first operator, a sample tenant and the local context, once. */
export async function firstRun(app: NestFastifyApplication, bootstrap: Bootstrap): Promise<FirstRun | undefined> {
  const { dataDir, url, email, password, requestId } = bootstrap;
  const call = { requestId };
  const made = await app.get(OperatorService).bootstrap(email, call, password);
  if (!made) {
    rewriteUrl(dataDir, url);
    return undefined;
  }
  const actor = platformActor(made.operator, call);
  const tenant = bootstrap.withSampleTenant ? await sampleTenant(app, actor) : undefined;
  const context = await app.get(OperatorService).createToken(actor, 'chatctl on this machine');
  const run: FirstRun = {
    url,
    dashboardUrl: `${url}/dashboard/`,
    operator: { email: made.operator.email, password: made.password },
    tenant,
  };
  writePrivate(join(dataDir, 'chatctl-context.json'), { url, token: context.secret });
  writePrivate(join(dataDir, 'first-run.json'), run);
  return run;
}

/** A tenant to try things with: credentials, two users and a room. */
async function sampleTenant(app: NestFastifyApplication, actor: PlatformActor): Promise<FirstRun['tenant']> {
  await app.get(TenantService).create(actor, { id: TENANT, name: 'Demo' });
  const operator: OperatorActor = {
    kind: 'operator',
    tenantId: TENANT,
    operatorId: actor.operatorId,
    email: actor.email,
    role: 'owner',
    call: actor.call,
  };
  const keys = app.get(KeyService);
  const { secret: apiKey } = await keys.createApiKey(operator, { name: 'first key' });
  const signing = await keys.createSigningKey(operator, {});
  for (const [id, name] of [
    ['ann', 'Ann'],
    ['bo', 'Bo'],
  ] as const)
    await app.get(UserService).put(operator, id, { name });
  await app.get(RoomService).create(operator, { id: 'lobby', kind: 'group', name: 'Lobby', members: ['ann', 'bo'] });
  return { id: TENANT, apiKey, signingKeyId: signing.key.id, signingSecret: signing.secret };
}

/** The port may have changed since; scripts and chatctl read it here. */
function rewriteUrl(dataDir: string, url: string): void {
  for (const [name, patch] of [
    ['chatctl-context.json', { url }],
    ['first-run.json', { url, dashboardUrl: `${url}/dashboard/` }],
  ] as const) {
    const path = join(dataDir, name);
    if (!existsSync(path)) continue;
    const known = JSON.parse(readFileSync(path, 'utf8')) as { url?: string };
    if (known.url !== url) writePrivate(path, { ...known, ...patch });
  }
}

function writePrivate(path: string, content: object): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
