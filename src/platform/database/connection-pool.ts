import type { DataSource } from 'typeorm';

/** A connection of the pool, with a private member of `pg`, which its pool also uses to cut connections. */
export interface PooledClient {
  readonly connection?: {
    readonly stream?: { readonly bytesRead?: number; readonly bytesWritten?: number; destroy(): void };
  };
  /** The server that the connection leads to, once it is connected. */
  readonly host: string;
  readonly port: number;
  /** The pid of the server process, unless a pooler is in between. */
  readonly processID: number | null;
}

/** The pool of `pg`, with its private members. */
export interface ConnectionPool {
  readonly _clients: readonly PooledClient[];
  readonly _idle: readonly { readonly client: PooledClient }[];
  /** Connections that are closed when they are released. */
  readonly _expired: WeakSet<PooledClient>;
  readonly totalCount: number;
  readonly idleCount: number;
}

/** The pool of a data source; undefined before it is open. */
export function poolOf(dataSource: DataSource): ConnectionPool | undefined {
  return (dataSource.driver as unknown as { readonly master?: ConnectionPool }).master;
}

/** Cuts a connection; its pending statements fail at once. */
export function cut(client: PooledClient): void {
  client.connection?.stream?.destroy();
}

/** Cuts the connections that lead to another server than this. */
export function cutOthers(pool: ConnectionPool, { host, port }: Pick<PooledClient, 'host' | 'port'>): void {
  const leadElsewhere = (client: PooledClient): boolean => client.host !== host || client.port !== port;
  pool._clients.filter((client) => client.processID !== null && leadElsewhere(client)).forEach(cut);
}

/**
 * Closes all connections, those in use when their work is done: new connections go to the server that the address now
 * leads to.
 */
export function renewConnections(pool: ConnectionPool): void {
  const idle = new Set(pool._idle.map(({ client }) => client));
  for (const client of pool._clients) {
    if (idle.has(client)) cut(client);
    else pool._expired.add(client);
  }
}
