/** Lines to paste, in the order of a first try: a user, a room, a message. */
export function snippets(origin: string, tenantId: string): Record<'rest' | 'socket' | 'cli', string> {
  const key = `sk_${tenantId}_…`;
  return {
    rest: [
      `API_KEY='${key}'`,
      `curl -X PUT ${origin}/v1/users/ann -H "Authorization: Bearer $API_KEY" \\`,
      `  -H 'Content-Type: application/json' -d '{"name":"Ann"}'`,
      `curl -X POST ${origin}/v1/rooms -H "Authorization: Bearer $API_KEY" \\`,
      `  -H 'Content-Type: application/json' -d '{"id":"lobby","kind":"group","name":"Lobby","members":["ann"]}'`,
      `curl -X POST ${origin}/v1/rooms/lobby/messages -H "Authorization: Bearer $API_KEY" -H 'Parley-User: ann' \\`,
      `  -H 'Content-Type: application/json' -d '{"clientMessageId":"first","text":"Hello"}'`,
    ].join('\n'),
    socket: [
      `import { io } from 'socket.io-client';`,
      '',
      `const socket = io('${origin}/chat', { auth: { token } }); // minted by your server, or on the Keys page`,
      `socket.on('message.created', ({ data }) => console.log(data.message.sender.name, data.message.text));`,
      `const answer = await socket.emitWithAck('message.send', {`,
      `  roomId: 'lobby', clientMessageId: crypto.randomUUID(), text: 'Hello',`,
      `});`,
    ].join('\n'),
    cli: [
      `npx chatctl users create ann --tenant ${tenantId} --name Ann`,
      `npx chatctl rooms list --tenant ${tenantId}`,
      `npx chatctl messages send --tenant ${tenantId} --room lobby --as ann 'Hello'`,
      `npx chatctl tokens mint --tenant ${tenantId} --user ann`,
    ].join('\n'),
  };
}
