/** The fields from which the measures of an execution are computed. */
interface Measured {
  readonly startDate: Date;
  readonly endDate: Date | null;
  readonly totalRows: number | null;
}

/** End minus start in seconds, to the millisecond; null while it runs. */
export function durationSeconds({ startDate, endDate }: Omit<Measured, 'totalRows'>): number | null {
  return endDate && (endDate.getTime() - startDate.getTime()) / 1000;
}

/** Rows per second; null if either value is missing or the duration is 0. */
export function throughput(execution: Measured): number | null {
  const seconds = durationSeconds(execution);
  return execution.totalRows === null || !seconds ? null : execution.totalRows / seconds;
}
