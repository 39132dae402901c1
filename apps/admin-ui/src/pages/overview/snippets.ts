/** Lines to paste, in the order of a first try: a token for a user, a room, a message. */
export function snippets(origin: string, tenantId: string): Record<'rest' | 'socket' | 'cli', string> {
  const key = `sk_${tenantId}_…`;
  return {
    rest: [
      `API_KEY='${key}'`,
      `curl -X PUT ${origin}/v1/users/ann -H "Authorization: Bearer $API_KEY" \\`,
      `  -H 'Content-Type: application/json' -d '{"name":"Ann"}'`,
      `curl -X POST ${origin}/v1/rooms -H "Authorization: Bearer $API_KEY" \\`,
      `  -H 'Content-Type: application/json' -d '{"id":"lobby","kind":"group","name":"Lobby","members":["ann"]}'`,
      `curl -X POST ${origin}/v1/tokens -H "Authorization: Bearer $API_KEY" \\`,
      `  -H 'Content-Type: application/json' -d '{"userId":"ann"}'`,
    ].join('\n'),
    socket: [
      `import { io } from 'socket.io-client';`,
      '',
      `const socket = io('${origin}/chat', { auth: { token } }); // the token of POST /v1/tokens`,
      `socket.on('message.created', ({ data }) => console.log(data.message.sender.name, data.message.text));`,
      `const answer = await socket.emitWithAck('message.send', {`,
      `  roomId: 'lobby', clientMessageId: crypto.randomUUID(), text: 'Hello',`,
      `});`,
    ].join('\n'),
    cli: [
      `npx chatctl users put ann --tenant ${tenantId} --name Ann`,
      `npx chatctl rooms create lobby --tenant ${tenantId} --kind group --member ann`,
      `npx chatctl tokens mint --tenant ${tenantId} --user ann`,
    ].join('\n'),
  };
}
