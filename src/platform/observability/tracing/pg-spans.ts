import { type Span, SpanKind, trace } from '@opentelemetry/api';
import pg from 'pg';
import { failed, TRACER } from './spans.js';

/** Enough characters to identify a statement. */
const MAX_TEXT = 2000;

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

/** A query object of `pg`, as a prepared statement is sent. */
interface QueryObject {
  readonly text: string;
  callback: (error: unknown, ...result: readonly unknown[]) => void;
}

/**
 * A span for each statement that runs for a request or a batch, with its text and without its values. Wraps `pg`
 * itself: TypeORM has no hook that covers both the beginning and the end of each statement.
 */
export function traceStatements(): void {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const { query } = prototype;
  prototype.query = function (this: pg.Client, ...args) {
    const [statement] = args;
    const queried = isQueryObject(statement) ? statement : undefined;
    const text = typeof statement === 'string' ? statement : queried?.text;
    if (text === undefined || trace.getActiveSpan() === undefined) return query.apply(this, args);
    const operation = /\w+/.exec(text)?.[0].toUpperCase() ?? 'QUERY';
    const span = TRACER.startSpan(operation, {
      kind: SpanKind.CLIENT,
      attributes: {
        'db.system.name': 'postgresql',
        'db.operation.name': operation,
        'db.query.text': text.trim().slice(0, MAX_TEXT),
        ...(this.database !== undefined && { 'db.namespace': this.database }),
      },
    });
    if (queried) endWith(queried, span);
    const result = query.apply(this, args);
    if (queried) return result;
    // A promise, unless the caller passed a callback: then the end of the statement is unknown here.
    if (!(result instanceof Promise)) {
      span.end();
      return result;
    }
    return result
      .catch((error: unknown) => {
        failed(span, error);
        throw error;
      })
      .finally(() => span.end());
  };
}

function isQueryObject(statement: unknown): statement is QueryObject {
  return typeof statement === 'object' && statement !== null && 'callback' in statement && 'text' in statement;
}

function endWith(statement: QueryObject, span: Span): void {
  const { callback } = statement;
  statement.callback = (error, ...result) => {
    if (error) failed(span, error);
    span.end();
    callback(error, ...result);
  };
}
