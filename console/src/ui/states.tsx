import type { ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { Command } from './copy.tsx';

/** What is shown where there is nothing yet: why, and what to do first. */
export function Empty({
  title,
  children,
  command,
}: {
  title: string;
  children?: ReactNode;
  command?: string;
}): ReactNode {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {command !== undefined && <Command text={command} />}
    </div>
  );
}

const ADVICE: Readonly<Record<number, string>> = {
  0: 'This page asks again by itself.',
  401: 'Log in again.',
  403: 'Ask for a key with a larger scope.',
  404: 'It may have been deleted, or the address has a typo.',
  429: 'Wait a moment, then try again.',
  503: 'The database can’t be reached. This page asks again by itself.',
};

/** What happened, and what to try. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }): ReactNode {
  const known = error instanceof ApiError ? error : undefined;
  return (
    <div className="failure" role="alert">
      <h2>{known?.title ?? 'Something went wrong'}</h2>
      <p>{known?.detail ?? String(error)}</p>
      <p>
        {known && ADVICE[known.status]} {known?.requestId !== undefined && <small>Request {known.requestId}</small>}
      </p>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Keeps the room of what is being read, so that the page does not jump. */
export function Loading({ rows = 6 }: { rows?: number }): ReactNode {
  return (
    <div className="loading" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} />
      ))}
    </div>
  );
}

/** The answer of a query: its room while it is read, its error, or what is made of it. */
export function Shown<T>({
  query,
  rows,
  children,
}: {
  query: { data: T | undefined; error: unknown; refetch: () => unknown };
  rows?: number;
  children: (data: T) => ReactNode;
}): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null && query.error !== undefined) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  return <Loading {...(rows !== undefined && { rows })} />;
}
