const DAY_MINUTES = 24 * 60;

/** The value below which the given share of the values lies, between two of them in proportion, to the thousandth; null for none. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (below === undefined || above === undefined) return null;
  return Math.round((below + (above - below) * (at - Math.floor(at))) * 1000) / 1000;
}

/**
 * The usual time of day of moments, in minutes of a UTC day: the median on the circle of the day, cut where the moments
 * lie farthest apart, so that 23:50 and 00:10 are near each other. Null for none.
 */
export function usualMinute(moments: readonly Date[]): number | null {
  const minutes = moments.map((moment) => moment.getUTCHours() * 60 + moment.getUTCMinutes()).toSorted((a, b) => a - b);
  const [first] = minutes;
  if (first === undefined) return null;
  const gaps = minutes.map((minute, index) => (minutes[index + 1] ?? first + DAY_MINUTES) - minute);
  const cut = gaps.indexOf(Math.max(...gaps));
  const unrolled = minutes.map((minute, index) => (index <= cut ? minute + DAY_MINUTES : minute));
  return Math.round(percentile(unrolled, 0.5) ?? 0) % DAY_MINUTES;
}
