import type { DataSource } from 'typeorm';

/** A connection of the pool, with what `pg` keeps to itself: its pool cuts connections by the same way. */
export interface PooledClient {
  readonly connection?: {
    readonly stream?: { readonly bytesRead?: number; readonly bytesWritten?: number; destroy(): void };
  };
  /** The server's process, unless a pooler stands between. */
  readonly processID: number | null;
}

/** The pool of `pg`, with what it keeps to itself. */
export interface ConnectionPool {
  readonly _clients: readonly PooledClient[];
  readonly _idle: readonly { readonly client: PooledClient }[];
  /** Connections that end when they are given back. */
  readonly _expired: WeakSet<PooledClient>;
  readonly totalCount: number;
  readonly idleCount: number;
}

/** The pool of a data source; undefined before it is open. */
export function poolOf(dataSource: DataSource): ConnectionPool | undefined {
  return (dataSource.driver as unknown as { readonly master?: ConnectionPool }).master;
}

/** Cuts a connection; whoever waits for an answer on it hears of it at once. */
export function cut(client: PooledClient): void {
  client.connection?.stream?.destroy();
}

/** Ends all connections, those in use when their work is done: the next work goes to whatever server the address leads to. */
export function renewConnections(pool: ConnectionPool): void {
  const idle = new Set(pool._idle.map(({ client }) => client));
  for (const client of pool._clients) {
    if (idle.has(client)) cut(client);
    else pool._expired.add(client);
  }
}
