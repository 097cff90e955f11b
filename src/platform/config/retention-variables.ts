import { cron, integer } from './variable.js';

/** The settings of retention. */
export const retentionVariables = {
  retentionDays: integer('WATCHER_RETENTION_DAYS', {
    description:
      'How long trees of executions are kept, by their last sign of life; unset: for ever, but where a pipeline or type has a `retention` of its own.',
    unit: 'days',
    min: 1,
    max: 36_500,
  }),
  retentionFailedDays: integer('WATCHER_RETENTION_FAILED_DAYS', {
    description:
      'How long trees whose root failed are kept, if that is longer than what applies to the others; unset: no longer.',
    unit: 'days',
    min: 1,
    max: 36_500,
  }),
  retentionKeepLast: integer('WATCHER_RETENTION_KEEP_LAST', {
    description: 'How many of the newest trees of each pipeline are kept, however old they are.',
    min: 0,
    max: 1000,
    fallback: '20',
  }),
  retentionCron: cron('WATCHER_RETENTION_CRON', {
    description: 'Schedule of the deletion of what is too old (UTC); with `off` it runs on POST /retention only.',
    fallback: '17 * * * *',
  }),
  retentionIncidentDays: integer('WATCHER_RETENTION_INCIDENT_DAYS', {
    description: 'How long resolved incidents are kept.',
    unit: 'days',
    min: 1,
    max: 36_500,
    fallback: '365',
  }),
} as const;
