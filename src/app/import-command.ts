import { parseArgs } from 'node:util';
import { SqlState, sqlStateOf } from '../platform/database/database-errors.js';
import { explain } from './start-up.js';

const USAGE = `usage: watcher import --from URL [--batch-size 5000] [--dry-run]

Copies the database of the older Python service at URL (postgresql://…) into DATABASE_URL, or into the embedded database
of a service that runs: types, pipelines, addresses, edges, anomaly rules, and executions with their trees. May be
repeated: it continues where it was interrupted, and takes what is new since. The source is only read.
`;

const WRONG_USAGE = 2;
const MOST_ROWS = 50_000;

/** `watcher import …`: imports from the older service. Resolves to the exit code. */
export async function runImportCommandLine(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (typeof options === 'string') {
    process.stderr.write(options === '' ? USAGE : `watcher import: ${options}\n${USAGE}`);
    return options === '' ? 0 : WRONG_USAGE;
  }
  try {
    const { commandLineDataSource: target } = await import('../platform/database/command-line.js');
    const { SourceDatabase } = await import('../adapters/python-watcher/import/source.js');
    const { importFrom } = await import('../adapters/python-watcher/import/import.js');
    await target.initialize();
    try {
      const source = await SourceDatabase.open(options.from);
      const print = (line: string): boolean => process.stdout.write(`${line}\n`);
      try {
        return (await importFrom(source, target, options, print)) ? 0 : 1;
      } finally {
        await source.close();
      }
    } finally {
      await target.destroy();
    }
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}

/** The options, or what is wrong with them; empty for the usage. */
function optionsOf(args: readonly string[]): { from: string; batchSize: number; isDry: boolean } | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: 'string' },
        'batch-size': { type: 'string', default: '5000' },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return '';
    const batchSize = Number(values['batch-size']);
    if (values.from === undefined) return '--from names the database of the older service';
    if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > MOST_ROWS)
      return `--batch-size takes a number from 1 to ${MOST_ROWS}`;
    return { from: values.from, batchSize, isDry: values['dry-run'] };
  } catch (error) {
    return (error as Error).message;
  }
}

function messageOf(error: unknown): string {
  if (sqlStateOf(error) === SqlState.undefinedTable) {
    return `a table is missing (${(error as Error).message}): --from takes a database of the older service, and the target needs its schema: start the service once, or run npm run migration:run`;
  }
  return explain(error);
}
