import { KeyCommandError, runKeyCommand } from '../platform/auth/api-key.command.js';
import { SqlState, sqlStateOf } from '../platform/database/database-errors.js';
import { explain } from './start-up.js';

/** `watcher key …`: creates, lists and revokes keys in the configured database. Resolves to the exit code. */
export async function runKeyCommandLine(args: readonly string[]): Promise<number> {
  try {
    const { commandLineDataSource } = await import('../platform/database/command-line.js');
    await commandLineDataSource.initialize();
    try {
      process.stdout.write(`${await runKeyCommand(args, commandLineDataSource)}\n`);
    } finally {
      await commandLineDataSource.destroy();
    }
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof KeyCommandError) return error.message;
  if (sqlStateOf(error) === SqlState.undefinedTable) {
    return 'the table of API keys does not exist yet: start the service once, or run npm run migration:run';
  }
  return explain(error);
}
