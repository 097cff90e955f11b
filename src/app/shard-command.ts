import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import type { Cluster } from '../platform/database/sharding/cluster.js';
import { explain } from './start-up.js';

const USAGE = `usage: watcher shard [--shards 8] [--dry-run]
       watcher shard --undo [--dry-run]

Distributes the executions and their trees over the workers of a Citus cluster, whose coordinator is DATABASE_URL. May be
done while the service runs: starts and ends wait meanwhile. May be repeated. --undo brings them back. --dry-run only
says what would happen.
`;

const WRONG_USAGE = 2;
const MOST_SHARDS = 1024;
/** Rows a second that one transaction distributed: 302,000 executions and 852,000 closure rows in 2.9 s. */
const ROWS_A_SECOND = 400_000;

interface Options {
  readonly shards: number;
  readonly isUndone: boolean;
  readonly isDry: boolean;
}

type Print = (line: string) => unknown;

/** `watcher shard …`: distributes the big tables over a Citus cluster. Resolves to the exit code. */
export async function runShardCommandLine(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (typeof options === 'string') {
    if (options === '') process.stdout.write(USAGE);
    else process.stderr.write(`watcher shard: ${options}\n${USAGE}`);
    return options === '' ? 0 : WRONG_USAGE;
  }
  try {
    const { commandLineDataSource } = await import('../platform/database/command-line.js');
    await commandLineDataSource.initialize();
    try {
      await distribute(commandLineDataSource, options, (line) => process.stdout.write(`${line}\n`));
    } finally {
      await commandLineDataSource.destroy();
    }
    return 0;
  } catch (error) {
    process.stderr.write(`watcher shard: ${explain(error)}\n`);
    return 1;
  }
}

async function distribute(source: DataSource, { shards, isUndone, isDry }: Options, print: Print): Promise<void> {
  const { readCluster } = await import('../platform/database/sharding/cluster.js');
  const { shard, unshard } = await import('../platform/database/sharding/sharding.js');
  const cluster = await readCluster(source.manager);
  describe(cluster, print);
  announce(cluster, isUndone, print);
  if (isDry) return void print('nothing was changed (--dry-run)');
  const begun = Date.now();
  await (isUndone ? unshard(source, cluster) : shard(source, cluster, shards));
  print(`done in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  print('the settings hold for new connections: restart the replicas of the service, one after the other');
}

function describe({ version, nodes, tables }: Cluster, print: Print): void {
  print(`Citus ${version}; nodes that take shards: ${nodes.join(', ')}`);
  for (const { table, rows, shards } of tables) {
    const place = shards === null ? 'on the coordinator' : `over ${shards} shards`;
    print(`${table}: about ${Math.round(rows).toLocaleString('en')} rows ${place}`);
  }
}

/** Says how long starts and ends will wait. */
function announce({ tables }: Cluster, isUndone: boolean, print: Print): void {
  const moving = tables.filter(({ shards }) => (shards !== null) === isUndone);
  if (moving.length === 0) return void print('the tables are there already; only the settings are made');
  const rows = moving.reduce((sum, table) => sum + table.rows, 0);
  print(`starts and ends will wait for about ${Math.ceil(rows / ROWS_A_SECOND)} s`);
}

/** The options, or what is wrong with them; empty for the usage. */
function optionsOf(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        shards: { type: 'string' },
        undo: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return '';
    if (values.undo && values.shards !== undefined) return '--undo takes no --shards';
    const shards = Number(values.shards ?? 8);
    if (!Number.isInteger(shards) || shards < 1 || shards > MOST_SHARDS)
      return `--shards takes a number from 1 to ${MOST_SHARDS}`;
    return { shards, isUndone: values.undo, isDry: values['dry-run'] };
  } catch (error) {
    return (error as Error).message;
  }
}
