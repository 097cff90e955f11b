import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Connection {
  answersUnderWay: number;
  /** What had come in when the last answer was out: more than that is the beginning of a request. */
  bytesRead: number;
}

/**
 * Makes `server.closeIdleConnections()`, which `server.close()` calls too, leave alone whoever still reads an answer.
 * Node takes a connection for idle as soon as its answer lies complete in memory, and cuts slow readers off in the
 * middle of it.
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
    // Not before the system has taken the last byte.
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
