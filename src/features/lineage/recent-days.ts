/** How many runs with datasets an edge outlives that none of them shows. */
export const RUNS_REMEMBERED = 3;

/** The days of the last runs, newest first, after more runs. */
export function recentDays(recent: readonly string[], more: readonly string[]): string[] {
  return [...recent, ...more].toSorted().toReversed().slice(0, RUNS_REMEMBERED);
}
