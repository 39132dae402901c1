import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { DomainError, type ErrorCode } from '@parley/domain';
import { presentProblem } from '@parley/protocol';

/** What Node's parser refused, by its reason; everything else is no HTTP at all. */
const BY_REASON: Readonly<Record<string, readonly [status: number, code: ErrorCode, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'timeout', 'the request did not arrive in time'],
  HPE_HEADER_OVERFLOW: [431, 'too-large', 'the headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'too-large', 'the chunk extensions are too large'],
};

/** Bytes that are no request: answered once and closed, so that nothing behind them is taken for another one (case 101). */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, code, detail] = BY_REASON[error.code ?? ''] ?? [400, 'validation-failed', 'this is no HTTP request'];
  if (socket.writable) {
    const body = JSON.stringify({ ...presentProblem(new DomainError(code, { detail }), randomUUID()), status });
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroy(error);
}
