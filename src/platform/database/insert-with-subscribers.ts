import type { EntityManager, EntityTarget, ObjectLiteral, QueryRunner } from 'typeorm';

/** An INSERT of many rows, by arrays. */
export interface InsertStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/**
 * Inserts rows by one statement of the caller, and fires the events that TypeORM would for each: its subscribers can't
 * tell the difference. TypeORM's own insert makes a parameter of every value, which costs several times as much.
 * The rows must have their ids already: a subscriber sees them as they are passed here.
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
