import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { type Scope, SCOPES } from './caller.js';
import { violates } from '../database/database-errors.js';
import { hasControlCharacter, nameKey, tidyText } from '../values/name.js';
import { visibleText } from '../values/visible-text.js';
import { newKey } from './api-key.js';
import { ApiKeyRepository } from './api-key.repository.js';

const USAGE = `usage: npm run key -- create --name NAME --scope ${SCOPES.join('|')}
       npm run key -- list
       npm run key -- revoke NAME|ID [--force]

On DATABASE_URL, or on the embedded database of a service that runs. A service that runs knows a new key, and
forgets a revoked one, within 5 s.`;

/** Wrong arguments, or a key that cannot be created or revoked; the terminal shows the message. */
export class KeyCommandError extends Error {}

/** Runs one command of `npm run key`. Returns the text to print. */
export async function runKeyCommand(args: readonly string[], dataSource: DataSource): Promise<string> {
  const { values, positionals } = parse(args);
  const [command, ...operands] = positionals;
  const { name, scope, force = false } = values;
  if (command === 'create' && operands.length === 0) return create(dataSource, name, scope);
  if (command === 'list' && operands.length === 0) return list(dataSource);
  const [which = name] = operands;
  if (command === 'revoke' && which !== undefined && operands.length <= 1)
    return revoke(dataSource, which.trim(), force);
  throw new KeyCommandError(USAGE);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { name: { type: 'string' }, scope: { type: 'string' }, force: { type: 'boolean' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new KeyCommandError(`${(error as Error).message}\n${USAGE}`);
  }
}

async function create(dataSource: DataSource, given: string | undefined, scope: string | undefined): Promise<string> {
  const name = tidyText(given ?? '');
  if (name === '' || [...name].length > 255 || hasControlCharacter(name)) {
    throw new KeyCommandError(`--name takes 1 to 255 characters, none of them a control character\n${USAGE}`);
  }
  if (!isScope(scope)) throw new KeyCommandError(`--scope takes one of ${SCOPES.join(', ')}\n${USAGE}`);
  const { id, hash, text } = newKey();
  try {
    await new ApiKeyRepository().insert(dataSource.manager, { id, name, scope, keyHash: hash });
  } catch (error) {
    if (violates(error, 'uq_api_key_name'))
      throw new KeyCommandError(`there is a key named '${visibleText(name)}' already`);
    throw error;
  }
  return `${text}\n\nThe key of '${visibleText(name)}', scope ${scope}, id ${id}. It is shown only once.`;
}

async function list(dataSource: DataSource): Promise<string> {
  const keys = await new ApiKeyRepository().list(dataSource.manager);
  const rows = keys.map((key) => [
    key.id,
    key.scope,
    key.createdAt.toISOString(),
    key.lastUsedAt?.toISOString() ?? 'never',
    key.revokedAt ? `revoked ${key.revokedAt.toISOString()}` : 'active',
    visibleText(key.name),
  ]);
  const table = [['ID', 'SCOPE', 'CREATED', 'LAST USED (TO THE HOUR)', 'STATE', 'NAME'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

async function revoke(dataSource: DataSource, given: string, force: boolean): Promise<string> {
  const keys = new ApiKeyRepository();
  const idOrName = tidyText(given);
  const lockedOut = await lockedOutWithout(dataSource, idOrName);
  if (lockedOut !== undefined && !force) {
    throw new KeyCommandError(
      `the key '${visibleText(idOrName)}' is not revoked: ${lockedOut}. Create another one first ` +
        '(npm run key -- create --name NAME --scope admin), or add --force',
    );
  }
  const revoked = await keys.revoke(dataSource.manager, idOrName, new Date());
  if (!revoked) throw new KeyCommandError(`there is no active key with the name or id '${visibleText(idOrName)}'`);
  const done = `The key '${visibleText(revoked.name)}' (${revoked.id}) is revoked. Services refuse it within 5 s.`;
  return lockedOut === undefined ? done : `${done}\n\nAttention: ${lockedOut}.`;
}

/**
 * The access that is lost when this key is revoked, as the end of a sentence; undefined while another key gives it. The
 * command does not know the key and the issuer in the environment of a service.
 */
async function lockedOutWithout(dataSource: DataSource, idOrName: string): Promise<string | undefined> {
  const active = (await new ApiKeyRepository().list(dataSource.manager)).filter((key) => key.revokedAt === null);
  const isMeant = ({ id, name }: { id: string; name: string }): boolean =>
    id === idOrName || nameKey(name) === nameKey(idOrName);
  const left = active.filter((key) => !isMeant(key));
  const scope = active.find(isMeant)?.scope;
  if (scope === undefined || left.some((key) => key.scope === 'admin')) return undefined;
  const others = 'only WATCHER_ADMIN_KEY and OIDC_ISSUER can still, also after a restart, give access';
  if (left.length === 0) return `it is the last key, and without one every request is refused with 401: ${others}`;
  return scope === 'admin' ? `it is the last key with scope admin: ${others} with it` : undefined;
}

function isScope(text: string | undefined): text is Scope {
  return SCOPES.some((scope) => scope === text);
}
