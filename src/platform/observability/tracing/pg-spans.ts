import { SpanKind, trace } from '@opentelemetry/api';
import pg from 'pg';
import { failed, TRACER } from './spans.js';

/** Enough characters to identify a statement. */
const MAX_TEXT = 2000;

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

/**
 * A span for each statement that runs for a request or a batch, with its text and without its values. Wraps `pg`
 * itself: TypeORM has no hook that covers both the beginning and the end of each statement.
 */
export function traceStatements(): void {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const { query } = prototype;
  prototype.query = function (this: pg.Client, ...args) {
    const [statement] = args;
    const text = typeof statement === 'string' ? statement : undefined;
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
    const result = query.apply(this, args);
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
