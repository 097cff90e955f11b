import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problem } from './problem.filter.js';
import { isDrained } from './request-body.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** What Node says of bytes that are no request, and the status that it deserves; all else is 400. */
const STATUS: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'The request took too long to arrive.'],
  HPE_INVALID_URL: [
    400,
    'unreadable_url',
    'The URL holds a character that has to be percent-encoded, as %C3%BC stands for ü and %20 for a space.',
  ],
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'The URL and the headers are larger than the service reads.'],
};

/**
 * Answers bytes that can't be read as an HTTP request, with a problem document like any other refusal.
 * No hook and no filter sees them, so the answer is written by hand; the connection is closed.
 */
export function answerUnreadable(
  error: NodeJS.ErrnoException,
  socket: Socket,
  log: (line: Record<string, unknown>) => void,
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  // A second answer to one request would pass for that to the next.
  if (isDrained(socket)) return void socket.destroy();
  const [status, code, detail] = STATUS[error.code ?? ''] ?? [400, 'unreadable_request', 'This is no HTTP request.'];
  const id = randomUUID();
  log({ request_id: id, status, code, address: socket.remoteAddress });
  const body = JSON.stringify(problem(status, { code, detail }, { url: '/', id }));
  if (socket.writable) {
    socket.write(
      [
        `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
        'Content-Type: application/problem+json; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(body)}`,
        `X-Request-Id: ${id}`,
        'Connection: close',
        ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
        '',
        body,
      ].join('\r\n'),
    );
  }
  socket.destroySoon();
}
