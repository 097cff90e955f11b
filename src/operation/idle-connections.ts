import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Makes `server.closeIdleConnections()`, which `server.close()` calls too, leave alone whoever still reads an answer.
 * Node takes a connection for idle as soon as its answer lies complete in memory, and cuts slow readers off in the
 * middle of it.
 */
export function closeOnlyIdleConnections(server: Server): void {
  /** The answers under way on each open connection. */
  const connections = new Map<Socket, number>();
  const count = (socket: Socket, change: number): void => {
    const underWay = connections.get(socket);
    if (underWay !== undefined) connections.set(socket, underWay + change);
  };
  server.on('connection', (socket: Socket) => {
    connections.set(socket, 0);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    count(socket, 1);
    // Not before the system has taken the last byte.
    response.once('close', () => count(socket, -1));
  });
  server.closeIdleConnections = () => {
    for (const [socket, underWay] of connections) if (underWay === 0) socket.destroy();
  };
}
