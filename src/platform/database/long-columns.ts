import type { EntityManager, EntityTarget, ObjectLiteral, SelectQueryBuilder } from 'typeorm';

/** A column whose values may be long, as the database calls it. */
export interface LongColumn {
  readonly column: string;
  readonly type: 'text' | 'jsonb' | 'bigint[]';
}

/** An entity by its id, with whatever else it has. */
interface Row extends ObjectLiteral {
  readonly id: number;
}

/** A row of the statement that reads long values: their length in bytes, and each under its property where they fit. */
type LongValues<Entity> = Partial<Entity> & { readonly id: number; readonly bytes: number; readonly fits: boolean };

/** What the long values of all rows of a list may come to where each of them is read with its row. */
const LIST_BYTES = 4 * 1024 * 1024;
/** The least and the most bytes that a value may have to be read with its row. */
const SHORT = { least: 512, most: 16 * 1024 };
/** How many rows are read first, before it is known how long their values are: 64 of the longest are as many bytes as fit. */
const FIRST_ROWS = 64;

/**
 * The columns of a table whose values may be long, read in two steps so that a list is bounded in bytes. The list's own
 * statement brings short values along and leaves out the long ones, row by row. A second statement, sent only where
 * something was left out, reads those in the order of the list, and stops where a given number of bytes is reached: no
 * more leave the database.
 *
 * The length of a value is that of its text, since a compressed one may be a hundredth of it. PostgreSQL does not send
 * the text to learn it.
 */
export class LongColumns<Entity extends Row> {
  private readonly columns: readonly (LongColumn & {
    readonly property: keyof Entity & string;
    readonly alias: string;
  })[];
  /** Entities that were read without a value which they have. */
  private readonly incomplete = new WeakSet<Entity>();
  private readonly statement: string;

  /** `columns` by the property of the entity that holds the value. */
  constructor(
    table: string,
    private readonly entity: EntityTarget<Entity>,
    columns: Partial<Record<keyof Entity & string, LongColumn>>,
  ) {
    this.columns = Object.entries<LongColumn | undefined>(columns).flatMap(([property, column]) =>
      column ? [{ ...column, property, alias: `long_${column.column}` }] : [],
    );
    const sum = this.columns.map((column) => `coalesce(${lengthOf(column, 't')}, 0)`).join(' + ');
    this.statement = `
  WITH long AS MATERIALIZED (
    SELECT t.id, ${this.columns.map(({ column, property }) => `t.${column} AS "${property}"`).join(', ')},
           (${sum})::bigint AS bytes
      FROM ${table} t
     WHERE t.id = ANY ($1::bigint[])
  ), placed AS MATERIALIZED (
    SELECT long.*, sum(long.bytes) OVER (ORDER BY asked.place) - long.bytes < $2::bigint AS fits
      FROM long
      JOIN unnest($1::bigint[]) WITH ORDINALITY AS asked (id, place) ON asked.id = long.id
  )
  SELECT placed.id, placed.bytes, placed.fits,
         ${this.columns.map(({ property }) => `CASE WHEN placed.fits THEN placed."${property}" END AS "${property}"`).join(', ')}
    FROM placed`;
  }

  /**
   * Entities under the alias, at most `rows` of them, without their long values, and without the properties in `but` at
   * all; {@link getMany} runs it.
   */
  select(manager: EntityManager, alias: string, rows: number, but: readonly string[] = []): SelectQueryBuilder<Entity> {
    const others = new Set<string>([...but, ...this.columns.map(({ property }) => property)]);
    const own = manager.dataSource.getMetadata(this.entity).columns;
    const short = own.filter(({ isSelect, propertyPath }) => isSelect && !others.has(propertyPath));
    const query = manager
      .createQueryBuilder(this.entity, alias)
      .select(short.map(({ propertyPath }) => `${alias}.${propertyPath}`));
    for (const column of this.columns) query.addSelect(shortOrNull(column, alias, rows), column.alias);
    return query.addSelect(this.countOf(alias), 'long_values');
  }

  /** The columns of {@link select} for a statement written by hand; its rows go through {@link noted}. */
  selection(alias: string, rows: number): string {
    const values = this.columns.map((column) => `${shortOrNull(column, alias, rows)} AS "${column.property}"`);
    return `${values.join(', ')}, ${this.countOf(alias)} AS long_values`;
  }

  /** Runs a query of {@link select}. */
  async getMany(query: SelectQueryBuilder<Entity>): Promise<Entity[]> {
    return (await this.getRawAndEntities(query)).entities;
  }

  /** The same, with the rows as they came: one for each entity, in the same order. */
  async getRawAndEntities<Raw>(query: SelectQueryBuilder<Entity>): Promise<{ entities: Entity[]; raw: Raw[] }> {
    const { entities, raw } = await query.getRawAndEntities<Raw & Record<string, unknown>>();
    for (const [index, entity] of entities.entries()) {
      const row: Record<string, unknown> = raw[index] ?? {};
      const values: Record<string, unknown> = entity;
      for (const { property, alias } of this.columns) values[property] = row[alias];
      this.note(entity, row['long_values']);
    }
    return { entities, raw };
  }

  /** The rows of a statement with {@link selection}, as entities. */
  noted(rows: readonly (Entity & { readonly long_values: number })[]): readonly Entity[] {
    for (const row of rows) this.note(row, row.long_values);
    return rows;
  }

  /** Whether all of them have all of their values. */
  areComplete(entities: readonly Entity[]): boolean {
    return !entities.some((entity) => this.incomplete.has(entity));
  }

  /**
   * Reads the values that were left out, in the order of the entities, until they come to `room` bytes; at least one
   * entity's. How many entities, from the first on, have all of their values then. By the primary key.
   */
  async complete(manager: EntityManager, entities: readonly Entity[], room: number): Promise<number> {
    const waiting = entities.filter((entity) => this.incomplete.has(entity));
    let bytes = 0;
    for (let from = 0, rows = FIRST_ROWS; from < waiting.length && bytes < room;) {
      const asked = waiting.slice(from, from + rows);
      const found = await this.read(manager, asked, room - bytes);
      for (const entity of asked) bytes += this.fill(entity, found.get(entity.id));
      from += asked.length;
      rows = Math.max(FIRST_ROWS, Math.floor(((room - bytes) * from) / Math.max(1, bytes)));
    }
    const firstIncomplete = entities.findIndex((entity) => this.incomplete.has(entity));
    return firstIncomplete === -1 ? entities.length : firstIncomplete;
  }

  private async read(
    manager: EntityManager,
    entities: readonly Entity[],
    room: number,
  ): Promise<ReadonlyMap<number, LongValues<Entity>>> {
    const rows: LongValues<Entity>[] = await manager.query(this.statement, [entities.map(({ id }) => id), room]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Returns the length of the values in bytes. An entity that was deleted meanwhile has none any more. */
  private fill(entity: Entity, values: LongValues<Entity> | undefined): number {
    if (!values?.fits) {
      if (!values) this.incomplete.delete(entity);
      return values?.bytes ?? 0;
    }
    for (const { property } of this.columns) Object.assign(entity, { [property]: values[property] });
    this.incomplete.delete(entity);
    return values.bytes;
  }

  private note(entity: Entity, values: unknown): void {
    let read = 0;
    for (const { property } of this.columns) if (entity[property] !== null) read += 1;
    if (read !== values) this.incomplete.add(entity);
  }

  /** How many of the columns have a value, whether it is read or left out. */
  private countOf(alias: string): string {
    return `num_nonnulls(${this.columns.map(({ column }) => `${alias}.${column}`).join(', ')})`;
  }
}

/** Bytes of a value as text; that of a text is known without reading it. */
function lengthOf({ column, type }: LongColumn, alias: string): string {
  return type === 'text' ? `octet_length(${alias}.${column})` : `octet_length(${alias}.${column}::text)`;
}

/**
 * The value where it is short, else null. A stored form that is long already, or that may be of something long because
 * it is compressed, is not looked into.
 */
function shortOrNull(long: LongColumn, alias: string, rows: number): string {
  const most = Math.min(SHORT.most, Math.max(SHORT.least, Math.floor(LIST_BYTES / rows)));
  const value = `${alias}.${long.column}`;
  const isShort = `${lengthOf(long, alias)} <= ${most}`;
  if (long.type === 'text') return `CASE WHEN ${isShort} THEN ${value} END`;
  const stored = `CASE WHEN pg_column_compression(${value}) IS NULL THEN ${most} ELSE ${Math.floor(most / 4)} END`;
  return `CASE WHEN pg_column_size(${value}) <= ${stored} AND ${isShort} THEN ${value} END`;
}
