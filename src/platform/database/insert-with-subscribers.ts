import type { EntityManager, EntityTarget, ObjectLiteral, QueryRunner } from 'typeorm';

/** An INSERT of many rows, with array parameters. */
export interface InsertStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/**
 * Inserts rows with one statement of the caller, and fires the events that TypeORM would fire for each row, so that
 * subscribers work unchanged. TypeORM's own insert makes a parameter of every value, which costs several times as
 * much. The rows must already have their ids: subscribers receive them as passed here.
 */
export async function insertWithSubscribers<Row extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<Row>,
  rows: readonly Partial<Row>[],
  { sql, parameters }: InsertStatement,
): Promise<void> {
  const { broadcaster } = manager.queryRunner as QueryRunner;
  const metadata = manager.dataSource.getMetadata(entity);
  await Promise.all(rows.map((row) => broadcaster.broadcast('BeforeInsert', metadata, row)));
  await manager.query(sql, [...parameters]);
  await Promise.all(rows.map((row) => broadcaster.broadcast('AfterInsert', metadata, row)));
}
