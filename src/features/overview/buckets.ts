/** The number of intervals into which a window is divided. */
export const BUCKETS = 48;

/** Executions by interval, oldest first. */
export interface Buckets {
  readonly started: readonly number[];
  readonly ended: readonly number[];
}

/** The first of the 48 intervals of a window that ends with the interval of a moment, all in milliseconds since 1970. */
export function firstBucket(now: number, widthMs: number): number {
  return Math.floor(now / widthMs) * widthMs - (BUCKETS - 1) * widthMs;
}

/** Counts by interval from those that have any. */
export function spread(first: number, widthMs: number, at: readonly Date[], counts: readonly number[]): number[] {
  const spreadOut = Array.from({ length: BUCKETS }, () => 0);
  at.forEach((moment, index) => {
    const bucket = Math.round((moment.getTime() - first) / widthMs);
    if (bucket >= 0 && bucket < BUCKETS) spreadOut[bucket] = counts[index] ?? 0;
  });
  return spreadOut;
}

/** How many ran at the end of each interval, backwards from how many run now. */
export function runningAtEnd({ started, ended }: Buckets, runningNow: number): number[] {
  const running = Array.from({ length: BUCKETS }, () => 0);
  let count = runningNow;
  for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
    running[bucket] = Math.max(0, count);
    count += (ended[bucket] ?? 0) - (started[bucket] ?? 0);
  }
  return running;
}
