import { Logger } from '@nestjs/common';
import { prepared, PreparedStatements, type Uses } from './prepared-statements.js';

const TEXT = prepared('SELECT 1 WHERE $1::int = 1');

describe(PreparedStatements.name, () => {
  const namesOf = (uses: number): Set<string | undefined> => {
    const statements = new PreparedStatements();
    const counts = new Map<string, Uses>();
    return new Set(Array.from({ length: uses }, () => statements.nameOf(TEXT, counts)));
  };

  it('names those that are marked, and no others', () => {
    const statements = new PreparedStatements();
    expect(statements.nameOf(TEXT, new Map())).toMatch(/^watcher_[0-9a-f]{16}_0$/);
    expect(statements.nameOf('SELECT 2 WHERE $1::int = 1', new Map())).toBeUndefined();
  });

  it('prepares a statement anew as its uses on a connection become many', () => {
    expect([50, 51, 500, 501, 5001, 50_000].map((uses) => namesOf(uses).size)).toEqual([1, 2, 2, 3, 4, 4]);
  });

  it('names none after one was lost', () => {
    Logger.overrideLogger(false);
    const statements = new PreparedStatements();
    expect(statements.isLost('23505')).toBe(false);
    expect(statements.nameOf(TEXT, new Map())).toBeDefined();
    expect(statements.isLost('26000')).toBe(true);
    expect(statements.nameOf(TEXT, new Map())).toBeUndefined();
  });
});
