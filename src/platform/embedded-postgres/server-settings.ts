/** What suits a laptop that does other things too. Durability stays on: fsync and its kin are not touched. */
const DEFAULTS: Readonly<Record<string, string>> = {
  max_connections: '200',
  shared_buffers: '128MB',
  effective_cache_size: '1GB',
  // An SSD, on which an index pays sooner than the built-in 4.0 believes.
  random_page_cost: '1.1',
  // Compiling pays for long reports only, and the binaries come without the compiler.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
  // Statements that fail are the caller's affair: a refused duplicate would fill the disk and show users' data.
  log_min_messages: 'log',
};

/** The command line of the server. Neither the tests' settings nor ALTER SYSTEM can open it to the network. */
export function serverArguments(cluster: string, port: number, extra: Readonly<Record<string, string>>): string[] {
  const settings = {
    ...DEFAULTS,
    ...extra,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(port),
  };
  return ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** Off only in tests: then the new cluster need not be flushed to the disk either. */
export function isDurable(extra: Readonly<Record<string, string>>): boolean {
  return extra['fsync'] !== 'off';
}
