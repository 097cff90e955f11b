import { context, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';

/** Makes all spans of the service; they go nowhere until `startTracing` has run. */
export const TRACER = trace.getTracer('watcher');

/** Runs the work inside the span and nothing else, and ends it with the work; an error is noted and thrown on. */
export async function inSpan<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(ROOT_CONTEXT, span), work);
  } catch (error) {
    failed(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Notes an error by its kind alone: its message may hold what a user sent. */
export function failed(span: Span, error: unknown): void {
  const { name, code } = error as { name?: string; code?: string };
  span.setAttribute('error.type', code ?? name ?? 'error');
  span.setStatus({ code: SpanStatusCode.ERROR });
}
