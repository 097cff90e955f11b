/** What is judged; the names are those of the older service, which has rules for each. */
export const METRICS = ['duration_seconds', 'inserts', 'updates', 'soft_deletes', 'total_rows', 'throughput'] as const;
export type Metric = (typeof METRICS)[number];

/** Judged without a rule. */
export const DEFAULT_METRICS: readonly Metric[] = ['total_rows', 'duration_seconds'];

/** The bounds of a value never lie closer to the expected one than this. */
export const FLOOR_OF: Record<Metric, number> = {
  duration_seconds: 10,
  inserts: 5,
  updates: 5,
  soft_deletes: 5,
  total_rows: 5,
  throughput: 1,
};

/** A successful run, as the history of its pipeline has it. */
export interface Run {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly start: number;
  /** Null for an endless run. */
  readonly ms: number | null;
  readonly totalRows: number | null;
  readonly inserts: number | null;
  readonly updates: number | null;
  readonly softDeletes: number | null;
}

/** The value of a metric; null where it was not reported. Rows are the total, or else the sum of the other counts. */
export const VALUE_OF: Record<Metric, (run: Run) => number | null> = {
  duration_seconds: ({ ms }) => (ms === null ? null : ms / 1000),
  inserts: ({ inserts }) => inserts,
  updates: ({ updates }) => updates,
  soft_deletes: ({ softDeletes }) => softDeletes,
  total_rows: rowsOf,
  throughput: (run) => {
    const rows = rowsOf(run);
    return rows === null || run.ms === null || run.ms === 0 ? null : rows / (run.ms / 1000);
  },
};

function rowsOf({ inserts, softDeletes, totalRows, updates }: Run): number | null {
  if (totalRows !== null) return totalRows;
  if (inserts === null && updates === null && softDeletes === null) return null;
  return (inserts ?? 0) + (updates ?? 0) + (softDeletes ?? 0);
}
