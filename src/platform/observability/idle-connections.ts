import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Connection {
  answersUnderWay: number;
  /** The number of bytes received when the last answer was sent: a larger number means that a new request has begun. */
  bytesRead: number;
}

/**
 * Changes `server.closeIdleConnections()`, which `server.close()` also calls, to spare clients that still read an
 * answer. Node treats a connection as idle as soon as its answer is complete in memory, and cuts off slow readers.
 */
export function closeOnlyIdleConnections(server: Server): void {
  const connections = new Map<Socket, Connection>();
  server.on('connection', (socket: Socket) => {
    connections.set(socket, { answersUnderWay: 0, bytesRead: 0 });
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(socket);
    if (!connection) return;
    connection.answersUnderWay += 1;
    // Not before the system has accepted the last byte.
    response.once('close', () => {
      connection.answersUnderWay -= 1;
      connection.bytesRead = socket.bytesRead;
    });
  });
  server.closeIdleConnections = () => {
    for (const [socket, { answersUnderWay, bytesRead }] of connections) {
      if (answersUnderWay === 0 && socket.bytesRead === bytesRead) socket.destroy();
    }
  };
}
