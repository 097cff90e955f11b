import { duration, flag } from './variable.js';

/** The variables of the adapters. */
export const adapterVariables = {
  console: flag('WATCHER_CONSOLE', {
    description:
      'Whether the service has the console, its pages for people under `/console/`, and the sessions that log in there.',
    fallback: 'on',
  }),
  pythonCompat: flag('WATCHER_PYTHON_COMPAT', {
    description:
      'Whether the service has the endpoints of the older Python service: addresses, lineage, anomaly rules, reports and clean-up under its names.',
    fallback: 'on',
  }),
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
