import type { Configuration } from './configuration.js';
import type { PipelineEntity } from './pipeline.entity.js';
import { DEFAULT_ZONE, nextAfter } from './schedule.js';

type Scheduled = Pick<PipelineEntity, 'schedule' | 'scheduleTimezone'>;

/** The first expected start from now on; null without a schedule. */
export function nextExpected({ schedule, schedule_timezone: timezone }: Configuration): Date | null {
  return firstAfter({ schedule, scheduleTimezone: timezone }, new Date());
}

/** The first expected start that follows from a changed schedule; nothing if the schedule stays the same. */
export function changedSchedule(
  row: Scheduled,
  change: Partial<Scheduled>,
): Pick<PipelineEntity, 'nextExpectedAt'> | Record<string, never> {
  const { schedule = row.schedule, scheduleTimezone = row.scheduleTimezone } = change;
  if (schedule === row.schedule && scheduleTimezone === row.scheduleTimezone) return {};
  return { nextExpectedAt: firstAfter({ schedule, scheduleTimezone }, new Date()) };
}

function firstAfter({ schedule, scheduleTimezone }: Scheduled, moment: Date): Date | null {
  return schedule === null ? null : nextAfter({ schedule, timezone: scheduleTimezone ?? DEFAULT_ZONE }, moment);
}
