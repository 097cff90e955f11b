import type { RetentionDto } from './retention.dto.js';
import type { RetentionSettings, RetentionState } from './retention-run.service.js';

/** The settings and the last run as clients see them. */
export function toRetentionDto(settings: RetentionSettings, { run, oldestStart }: RetentionState): RetentionDto {
  return {
    retention_days: settings.retentionDays ?? null,
    failed_days: settings.retentionFailedDays ?? null,
    keep_last: settings.retentionKeepLast,
    incident_days: settings.retentionIncidentDays,
    cron: settings.retentionCron,
    run_started_at: run?.startedAt.toISOString() ?? null,
    run_ended_at: run?.endedAt?.toISOString() ?? null,
    succeeded_at: run?.succeededAt?.toISOString() ?? null,
    run_trees: run?.trees ?? 0,
    run_executions: run?.executions ?? 0,
    total_trees: run?.totalTrees ?? 0,
    total_executions: run?.totalExecutions ?? 0,
    backlog: run?.backlog ?? 0,
    oldest_start: oldestStart?.toISOString() ?? null,
  };
}
