import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import pg from 'pg';
import { Server } from 'socket.io';

/**
 * What Parley is compared with: `node reference-server.ts <port> [postgres url]`. Socket.IO as its documentation shows it,
 * in memory; with a PostgreSQL URL one INSERT per message before the ack, as a first version of a chat does it.
 * A token is `userId/roomId+roomId`.
 */
interface Draft {
  readonly roomId: string;
  readonly clientMessageId: string;
  readonly text: string;
}
type Ack = (answer: unknown) => void;
type Store = (senderId: string, draft: Draft) => Promise<{ readonly pts: number; readonly at: string }>;

const [, , port = '0', postgresUrl] = process.argv;
const insert = postgresUrl === undefined ? undefined : await inserter(postgresUrl);
const heads = new Map<string, number>();

const http = createServer((request, response) => {
  response.writeHead(request.url === '/readyz' ? 200 : 404).end();
});
const io = new Server(http, { serveClient: false });
const chat = io.of('/chat');

chat.on('connection', (socket) => {
  const [userId = '', rooms = ''] = String(socket.handshake.auth['token']).split('/');
  void socket.join(rooms.split('+'));
  socket.emit('session.ready', { user: { id: userId }, serverTime: new Date().toISOString() });
  if (insert) socket.on('message.send', (draft: Draft, ack: Ack) => void stored(insert, userId, draft, ack));
  else socket.on('message.send', (draft: Draft, ack: Ack) => publish(userId, draft, inMemory(draft.roomId), new Date().toISOString(), ack));
});

function inMemory(roomId: string): number {
  const pts = (heads.get(roomId) ?? 0) + 1;
  heads.set(roomId, pts);
  return pts;
}

async function stored(store: Store, userId: string, draft: Draft, ack: Ack): Promise<void> {
  try {
    const { pts, at } = await store(userId, draft);
    publish(userId, draft, pts, at, ack);
  } catch (error) {
    ack({ ok: false, error: { code: 'internal', detail: String(error) } });
  }
}

/** As lean as such a server would send it: fewer bytes than Parley's envelope, which is to the reference's advantage. */
function publish(senderId: string, draft: Draft, pts: number, createdAt: string, ack: Ack): void {
  const { roomId, clientMessageId, text } = draft;
  const message = { id: randomUUID(), roomId, pts, senderId, clientMessageId, text, createdAt };
  ack({ ok: true, message });
  chat.to(roomId).emit('message.created', message);
}

async function inserter(url: string): Promise<Store> {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  await pool.query(`CREATE TABLE IF NOT EXISTS messages (
    id bigserial PRIMARY KEY, room_id text NOT NULL, sender_id text NOT NULL, client_message_id text NOT NULL,
    body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (room_id, sender_id, client_message_id))`);
  return async (senderId, { roomId, clientMessageId, text }) => {
    const { rows } = await pool.query<{ id: string; created_at: Date }>(
      'INSERT INTO messages (room_id, sender_id, client_message_id, body) VALUES ($1, $2, $3, $4) RETURNING id, created_at',
      [roomId, senderId, clientMessageId, text],
    );
    const [row] = rows;
    if (!row) throw new Error('nothing was returned');
    return { pts: Number(row.id), at: row.created_at.toISOString() };
  };
}

http.listen(Number(port), '127.0.0.1', () => console.log('reference is ready'));
process.once('SIGTERM', () => process.exit(0));
