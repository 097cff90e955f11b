import { duration, flag } from './variable.js';

/** The variables of the receiver of OpenLineage events. */
export const openlineageVariables = {
  openlineage: flag('WATCHER_OPENLINEAGE', {
    description: 'Whether the service receives events of OpenLineage, under `/api/v1/lineage`.',
    fallback: 'on',
  }),
  openlineageSchedules: flag('WATCHER_OPENLINEAGE_SCHEDULES', {
    description:
      'Whether the timetable of an Airflow DAG becomes the schedule of its pipeline, unless it has one. A paused DAG then counts as missed.',
    fallback: 'off',
  }),
  lostAfterRoot: duration('WATCHER_LOST_AFTER_ROOT', {
    description:
      'How long after the end of its tree a run that was reported by OpenLineage, and has not ended, may go without an event before it is lost.',
    fallback: '1h',
  }),
} as const;
