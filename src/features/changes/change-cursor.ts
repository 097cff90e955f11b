import { InvalidRequestError } from '../../platform/errors/domain-error.js';

/** A moment of the database: a snapshot of its transactions, as PostgreSQL writes it, and its time. */
export interface Moment {
  readonly snapshot: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A moment as the cursor that clients send back. */
export function cursorOf({ snapshot, at }: Moment): string {
  return Buffer.from(`${at}@${snapshot}`).toString('base64url');
}

/** The moment of a cursor. Throws an {@link InvalidRequestError} for one that PostgreSQL would not read. */
export function momentOf(cursor: string): Moment {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, at, snapshot = ''] = /^(\d{1,14})@(\d{1,15}:\d{1,15}:(?:\d{1,15}(?:,\d{1,15})*)?)$/.exec(text) ?? [];
  const [xmin = 0, xmax = 0, ...running] = snapshot.split(/[:,]/).filter(Boolean).map(Number);
  const isInOrder = running.every((id, index) => id >= (running[index - 1] ?? xmin) && id < xmax);
  if (at === undefined || xmin === 0 || xmin > xmax || !isInOrder) throw foreignCursor();
  return { snapshot, at: Number(at) };
}

function foreignCursor(): InvalidRequestError {
  return new InvalidRequestError([{ field: 'after', message: 'must be the cursor of an earlier answer' }]);
}
