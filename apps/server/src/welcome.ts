import type { Config } from './config/config.js';
import type { FirstRun } from './wiring/first-run.js';

interface Shown {
  readonly url: string;
  readonly firstRun?: FirstRun;
}

/** What a newcomer needs next, ready to paste. */
export function welcome(config: Config, { url, firstRun }: Shown): string {
  if (!firstRun) {
    return [
      '',
      `  Dashboard   ${url}/dashboard/`,
      `  REST        ${url}/v1      reference: ${url}/reference`,
      `  Data        ${config.dataDir}`,
      '',
    ].join('\n');
  }
  const { operator, tenant } = firstRun;
  const account = [`  Dashboard   ${firstRun.dashboardUrl}`, `  Sign in     ${operator.email}   one-time password: ${operator.password}`];
  if (!tenant) return ['', ...account, `  Reference   ${url}/reference`, ''].join('\n');
  return `
${account.join('\n')}
  Tenant      ${tenant.id}   API key: ${tenant.apiKey}
  Reference   ${url}/reference
  Data        ${config.dataDir}   (all of the above is kept in first-run.json there)

  Two users, ann and bo, are in the group room "lobby". Send as ann:

    curl -s ${url}/v1/rooms/lobby/messages -H 'Authorization: Bearer ${tenant.apiKey}' -H 'Parley-User: ann' \\
      -H 'Content-Type: application/json' -d '{"clientMessageId":"hello-1","text":"Hello from curl"}'

  Listen as bo, with plain socket.io-client (save as listen.mjs in this folder, then: npx node listen.mjs):

    import { io } from 'socket.io-client';
    const { token } = await (await fetch('${url}/v1/tokens', { method: 'POST', body: '{"userId":"bo"}',
      headers: { authorization: 'Bearer ${tenant.apiKey}', 'content-type': 'application/json' } })).json();
    const chat = io('${url}/chat', { auth: { token } });
    chat.on('message.created', ({ data }) => console.log(data.message.sender.name + ': ' + data.message.text));
    chat.on('session.ready', () => chat.emit('message.send', { roomId: 'lobby', clientMessageId: crypto.randomUUID(), text: 'Hi!' }, console.log));

  And from the shell:

    npx chatctl messages send --tenant ${tenant.id} --room lobby --as ann "Hello from chatctl"
    npx chatctl messages list --tenant ${tenant.id} --room lobby
`;
}
