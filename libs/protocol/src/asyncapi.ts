import { commandTable, eventTable } from './socket.js';
import { SchemaBook } from './openapi.js';
import { Problem } from './problem.js';
import { z } from 'zod';

type Json = Record<string, unknown>;

const Done = z.object({ ok: z.literal(true) });
const Refused = z.object({ ok: z.literal(false), error: Problem });

/** AsyncAPI 3 of the socket tables: one channel a namespace, a receive operation a command (with its ack), a send operation an event. */
export function asyncApi(version: string): Json {
  const book = new SchemaBook();
  book.of(Problem, 'output');
  const messages: Record<string, Json> = {};
  const operations: Record<string, Json> = {};
  const channels: Record<string, { address: string; messages: Record<string, Json>; description: string }> = {
    chat: { address: '/chat', messages: {}, description: 'Users. `io(url + "/chat", { auth: { token } })`' },
    admin: { address: '/admin', messages: {}, description: 'Operators, for the live dashboard' },
  };
  const put = (channel: string, id: string, message: Json): void => {
    messages[id] = message;
    const entry = channels[channel];
    if (entry) entry.messages[id] = { $ref: `#/components/messages/${id}` };
  };
  for (const spec of commandTable.values()) {
    const channel = spec.namespace.slice(1);
    const id = `${channel}.${spec.name}`;
    put(channel, id, { name: spec.name, title: spec.summary, payload: book.of(spec.input, 'input') });
    put(channel, `${id}.ack`, {
      name: `${spec.name} (ack)`,
      title: '`{ ok: true, ...result }` or `{ ok: false, error }`',
      payload: { oneOf: [{ allOf: [book.of(Done, 'output'), book.of(spec.output, 'output')] }, book.of(Refused, 'output')] },
    });
    operations[id] = {
      action: 'receive',
      channel: { $ref: `#/channels/${channel}` },
      summary: spec.summary,
      messages: [{ $ref: `#/channels/${channel}/messages/${id}` }],
      reply: { channel: { $ref: `#/channels/${channel}` }, messages: [{ $ref: `#/channels/${channel}/messages/${id}.ack` }] },
    };
  }
  for (const spec of eventTable) {
    const channel = spec.namespace.slice(1);
    const id = `${channel}.${spec.name}.event`;
    put(channel, id, { name: spec.name, title: spec.summary, payload: book.of(spec.schema, 'output') });
    operations[id] = {
      action: 'send',
      channel: { $ref: `#/channels/${channel}` },
      summary: spec.summary,
      messages: [{ $ref: `#/channels/${channel}/messages/${id}` }],
    };
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parley sockets',
      version,
      license: { name: 'Apache-2.0' },
      description: 'Socket.IO, path `/socket.io`. Every command is an event with one object and an ack.',
    },
    channels,
    operations,
    components: { messages, schemas: book.schemas },
  };
}
