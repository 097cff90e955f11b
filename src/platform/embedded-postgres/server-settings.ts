/**
 * Settings for a machine that runs other programs too. Durability stays on: fsync and related settings keep their
 * defaults.
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  max_connections: '200',
  shared_buffers: '128MB',
  effective_cache_size: '1GB',
  // For an SSD, where index scans are cheaper than the default of 4.0 assumes.
  random_page_cost: '1.1',
  // JIT compilation pays for long reports only, and the binaries come without the compiler.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
  // The caller handles failed statements: logged duplicates would fill the disk and contain users' data.
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

/** False only in tests: then initdb need not flush the new cluster to the disk either. */
export function isDurable(extra: Readonly<Record<string, string>>): boolean {
  return extra['fsync'] !== 'off';
}
