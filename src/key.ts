import { KeyCommandError, runKeyCommand } from './access/api-key.command.js';
import { SqlState, sqlStateOf } from './database/database-errors.js';
import { explain } from './start-up.js';

/** `npm run key`: makes, lists and revokes keys. */
try {
  const { commandLineDataSource } = await import('./database/command-line.js');
  await commandLineDataSource.initialize();
  try {
    process.stdout.write(`${await runKeyCommand(process.argv.slice(2), commandLineDataSource)}\n`);
  } finally {
    await commandLineDataSource.destroy();
  }
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

function messageOf(error: unknown): string {
  if (error instanceof KeyCommandError) return error.message;
  if (sqlStateOf(error) === SqlState.undefinedTable) {
    return 'the database has no table of keys yet: start the service once, or run npm run migration:run';
  }
  return explain(error);
}
