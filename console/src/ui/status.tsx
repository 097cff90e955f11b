import type { ReactNode } from 'react';
import type { ExecutionStatus } from '../api/types.ts';

/** A sign for each status, so that colour is never the only difference. */
export const SIGNS: Readonly<Record<ExecutionStatus, string>> = {
  expected: '◌',
  running: '▶',
  succeeded: '✓',
  failed: '✕',
  aborted: '■',
  skipped: '↷',
  lost: '?',
};

export const STATUSES = Object.keys(SIGNS) as ExecutionStatus[];

export function Status({ of, bare = false }: { of: ExecutionStatus; bare?: boolean }): ReactNode {
  return (
    <span className={`status ${of}`} title={of}>
      <span aria-hidden="true">{SIGNS[of]}</span>
      {bare ? <span className="hidden">{of}</span> : <span>{of}</span>}
    </span>
  );
}

/** A small word with a colour: a severity, a kind, a state. */
export function Tag({ tone = 'plain', children }: { tone?: string; children: ReactNode }): ReactNode {
  return <span className={`tag ${tone}`}>{children}</span>;
}
