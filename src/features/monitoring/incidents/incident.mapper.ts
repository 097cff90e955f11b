import type { IncidentDto } from './incident.dto.js';
import type { IncidentEntity, Resolution } from './incident.entity.js';

const RESOLUTIONS: Record<Resolution, string> = {
  loaded: 'data arrived',
  ended: 'the execution ended',
  started: 'an execution started',
  succeeded: 'the pipeline succeeded again',
  joined: 'a later failure of the pipeline has an incident that stays open',
  muted: 'the check was muted',
  inactive: 'the pipeline is not active any more',
  threshold: 'the threshold was changed',
  normal: 'the next run was as usual',
  new_level: 'five runs in a row make a new level',
  dismissed: 'it was dismissed',
  withdrawn: 'later reports say that nothing failed',
};

export function toIncidentDto(incident: IncidentEntity): IncidentDto {
  return {
    id: incident.id,
    kind: incident.kind,
    severity: incident.severity,
    status: incident.resolvedAt ? 'resolved' : 'open',
    pipeline_id: incident.pipelineId,
    pipeline_name: incident.pipeline.name,
    execution_id: incident.executionId,
    occurrences: incident.occurrences,
    opened_at: incident.openedAt.toISOString(),
    resolved_at: incident.resolvedAt?.toISOString() ?? null,
    expected_at: incident.expectedAt?.toISOString() ?? null,
    detail: detailOf(incident),
    root_causes: incident.rootCauses.map(({ execution_id, pipeline_id, pipeline_name, error_message }) => ({
      execution_id,
      pipeline_id,
      pipeline_name,
      error_message,
    })),
    impact: null,
    acknowledged_at: incident.acknowledgedAt?.toISOString() ?? null,
    acknowledged_by: incident.acknowledgedBy,
    note: incident.note,
    muted_until: incident.mutedUntil?.toISOString() ?? null,
  };
}

function detailOf(incident: IncidentEntity): string {
  const happened = happenedOf(incident);
  return incident.resolution ? `${happened} Resolved: ${RESOLUTIONS[incident.resolution]}.` : happened;
}

function happenedOf(incident: IncidentEntity): string {
  const since = incident.since.toISOString();
  const expected = `${incident.expectedAt?.toISOString() ?? 'never'} (${thresholdOf(incident)})`;
  const isWarning = incident.severity === 'warning';
  switch (incident.kind) {
    case 'freshness':
      return `No data since ${since}; ${isWarning ? 'a warning was set for' : 'it was expected by'} ${expected}.`;
    case 'timeliness':
      return `Execution ${incident.executionId} started at ${since} and ${isWarning ? 'has a warning set for' : 'was due to end by'} ${expected}.`;
    case 'failure':
      return sentence(`${failedOf(incident)} at ${since}${causesOf(incident)}`);
    case 'missed':
      return `${missedOf(incident)} expected at ${incident.expectedAt?.toISOString() ?? since}.`;
    case 'slow':
    case 'anomaly':
      return sentence(incident.explanation ?? '');
    case 'lost':
      return `${lostOf(incident)} last heard of at ${since}.`;
  }
}

function lostOf({ executionId, occurrences }: IncidentEntity): string {
  if (occurrences === 1) return `Execution ${executionId} is lost; it was`;
  return `${occurrences} executions of a tree are lost; its root, execution ${executionId}, was`;
}

function missedOf({ occurrences }: IncidentEntity): string {
  return occurrences === 1 ? 'No execution started that was' : `${occurrences} executions did not start, the last one`;
}

function failedOf({ executionId, occurrences }: IncidentEntity): string {
  if (occurrences === 1) return `Execution ${executionId} failed`;
  return `${occurrences} executions failed in a row, the last one (${executionId})`;
}

function thresholdOf({ threshold: { number, datepart } }: IncidentEntity): string {
  return `${number} ${datepart}${number === 1 ? '' : 's'}`;
}

function causesOf({ executionId, rootCauses, rootCauseCount }: IncidentEntity): string {
  const [first] = rootCauses;
  if (!first) return '';
  const said = first.error_message ? `: ${first.error_message}` : '';
  if (rootCauseCount === 1 && first.execution_id === executionId) return said;
  const which = rootCauseCount === 1 ? 'Root cause' : `${rootCauseCount} root causes, the first`;
  return `. ${which}: execution ${first.execution_id} of '${first.pipeline_name}'${said}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
