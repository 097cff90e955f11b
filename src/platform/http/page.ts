import { InvalidRequestError } from '../errors/domain-error.js';
import { PageQuery } from './page.dto.js';

export { PageQuery };

/** The range of moments in a list: the years 1 to 9999 (see `instant.ts`). */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** One page of a list and, where more items follow, the cursor of the next. Becomes an array and a `Link` header. */
export class Page<T> {
  /** `cursorAfter` returns the cursor that continues after one of the items. */
  constructor(
    readonly items: readonly T[],
    readonly nextCursor?: string,
    private readonly cursorAfter?: (index: number) => string,
  ) {}

  map<U>(change: (item: T, index: number) => U): Page<U> {
    return new Page(this.items.map(change), this.nextCursor, this.cursorAfter);
  }

  /** The page, followed by another one that begins at a position. */
  continuedAt(position: Position): Page<T> {
    return this.nextCursor === undefined ? new Page(this.items, cursorAt(position), this.cursorAfter) : this;
  }

  /** The first items of the page, with the cursor that continues after them. */
  first(count: number): Page<T> {
    if (count >= this.items.length) return this;
    return new Page(this.items.slice(0, count), this.cursorAfter?.(count - 1), this.cursorAfter);
  }
}

/** The most items in a page of this query. */
export function pageLimit(query: PageQuery): number {
  return query.limit ?? 100;
}

/** A position in a list: the sort key of the last item seen, whole numbers only. */
export type Position = readonly number[];

/** The page of `rows`; a row beyond the limit shows that another page follows. */
export function toPage<T>(rows: readonly T[], query: PageQuery, position: (row: T) => Position): Page<T> {
  const limit = pageLimit(query);
  const positions = rows.map(position);
  const cursorAfter = (index: number): string => cursorAt(positions[index] ?? []);
  return new Page(rows.slice(0, limit), rows.length > limit ? cursorAfter(limit - 1) : undefined, cursorAfter);
}

function cursorAt(position: Position): string {
  return Buffer.from(position.join('.')).toString('base64url');
}

/** The position in a query's cursor, `length` numbers; undefined for the first page. */
export function positionOf(query: PageQuery, length: number): Position | undefined {
  if (query.cursor === undefined) return undefined;
  const parts = Buffer.from(query.cursor, 'base64url').toString('latin1').split('.');
  const numbers = parts.map((part) => (/^-?\d{1,16}$/.test(part) ? Number(part) : NaN));
  if (numbers.length !== length || !numbers.every(Number.isSafeInteger)) throw foreignCursor();
  return numbers;
}

/** The moment that a number of a position encodes. Refuses a number out of range, which a forged cursor may have. */
export function momentAt(milliseconds: number): Date {
  if (milliseconds < EARLIEST || milliseconds > LATEST) throw foreignCursor();
  return new Date(milliseconds);
}

function foreignCursor(): InvalidRequestError {
  return new InvalidRequestError([{ field: 'cursor', message: 'must be taken from the Link header of a page' }]);
}
