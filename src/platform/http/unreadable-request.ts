import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problem } from './problem.filter.js';
import { isDrained } from './request-body.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** The status for each of Node's errors about an unreadable request; any other is 400. */
const STATUS: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'The request took too long to arrive.'],
  HPE_INVALID_URL: [
    400,
    'unreadable_url',
    'The URL contains a character that must be percent-encoded, such as %C3%BC for ü or %20 for a space.',
  ],
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'The URL and the headers are larger than the service reads.'],
};

/**
 * Answers bytes that cannot be read as an HTTP request with a problem document, as any other refusal. No hook or filter
 * runs for them, so this writes the answer to the socket, and closes the connection.
 */
export function answerUnreadable(
  error: NodeJS.ErrnoException,
  socket: Socket,
  log: (line: Record<string, unknown>) => void,
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  // The client would take a second answer for the answer to its next request.
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
