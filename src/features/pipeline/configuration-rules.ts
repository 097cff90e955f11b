import { type FieldError, InvalidRequestError } from '../../platform/errors/domain-error.js';
import type { Configuration } from './configuration.js';
import type { Datepart } from './threshold.entity.js';
import { pairErrors, PIPELINE_PAIRS } from './threshold-pairs.js';

/** The lengths of units in days, on average where they differ, to compare thresholds in different units. */
const DAYS: Record<Datepart, number> = {
  minute: 1 / 1440,
  hour: 1 / 24,
  day: 1,
  week: 7,
  month: 365.25 / 12,
  year: 365.25,
};

/** Throws `InvalidRequestError` for a configuration whose fields contradict each other. */
export function refuseUnfit(configuration: Configuration): void {
  const errors: FieldError[] = [...pairErrors(PIPELINE_PAIRS, configuration)];
  for (const name of ['freshness', 'timeliness'] as const) {
    const fails = daysOf(configuration[`${name}_number`], configuration[`${name}_datepart`]);
    const warns = daysOf(configuration[`${name}_warn_number`], configuration[`${name}_warn_datepart`]);
    if (fails === null || warns === null || warns <= fails) continue;
    errors.push({ field: `${name}_warn_number`, message: `must not be longer than '${name}_number'` });
  }
  if (errors.length > 0) throw new InvalidRequestError(errors);
}

function daysOf(number: number | null, datepart: Datepart | null): number | null {
  return number === null || datepart === null ? null : number * DAYS[datepart];
}
