import { ApiProperty } from '@nestjs/swagger';
import {
  Clearable,
  Flag,
  ID,
  INSTANT,
  Instant,
  NAME,
  OneOf,
  Optional,
  QueryId,
  SomeOf,
  Text,
} from '../../../platform/http/fields.js';
import { PageQuery } from '../../../platform/http/page.js';
import { OptionalPatchBody } from '../../../platform/http/request-validation.pipe.js';
import { type Kind, KINDS, SEVERITIES, type Severity } from './incident.entity.js';

/** The most characters of a note. */
const MAX_NOTE = 10_000;

const STATUSES = ['open', 'resolved'] as const;
type IncidentStatus = (typeof STATUSES)[number];

/** Filters and paging for incidents. */
export class ListIncidentsQuery extends PageQuery {
  /**
   * Only open incidents, or only resolved ones.
   * @example open
   */
  @Optional()
  @OneOf(STATUSES, 'IncidentStatus')
  status?: IncidentStatus;

  /**
   * Only incidents of this kind; repeat the parameter for several kinds.
   * @example ["timeliness"]
   */
  @Optional()
  @SomeOf(KINDS, 'IncidentKind')
  kind?: readonly Kind[];

  /**
   * Only incidents of this pipeline.
   * @example 1
   */
  @Optional()
  @QueryId()
  pipeline_id?: number;

  /**
   * Only incidents of the tree below this root execution.
   * @example 42
   */
  @Optional()
  @QueryId()
  root_id?: number;
}

/** The changes that a person makes to an incident. Only the fields in the body change; null clears a field. */
export class PatchIncidentDto extends OptionalPatchBody {
  /**
   * True: someone is handling the incident; the first acknowledgement is kept. False withdraws it.
   * @example true
   */
  @Optional()
  @Flag()
  acknowledged?: boolean;

  /**
   * A note on the incident, at most 10,000 characters.
   * @example "The source is being migrated until Friday."
   */
  @Clearable()
  @Text(1, MAX_NOTE)
  note?: string | null;

  /**
   * Until then, no message about the incident is sent, not even about its end; a time in the past ends the mute.
   * @example 2026-02-01T08:00:00Z
   */
  @Clearable()
  @Instant()
  muted_until?: Date | null;
}

/** A failed execution with no failed execution below it: a cause of the failures above it. */
export class IncidentRootCauseDto {
  /**
   * The id of the execution.
   * @example 45
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * The id of its pipeline.
   * @example 3
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The name of that pipeline when it failed.
   * @example "Load Orders"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;

  /**
   * The beginning of the execution's error message, at most 1,000 characters.
   * @example "connection to the source was refused"
   */
  error_message!: string | null;
}

/** What an incident affects along the lineage, when it was opened or last repeated. */
export class IncidentImpactDto {
  /**
   * The number of datasets that it affects: those that should have been written, and those downstream of them. 1,000
   * stands for 1,000 or more.
   * @example 4
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  datasets!: number;

  /**
   * The number of pipelines that read these datasets. 1,000 stands for 1,000 or more.
   * @example 2
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  pipelines!: number;
}

/** A violation: opened once, resolved automatically when its condition ends, then kept as history. */
export class IncidentDto {
  /**
   * The id of the incident.
   * @example 12
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * `freshness`: the pipeline's data is older than its threshold. `timeliness`: an execution ran past its deadline.
   * `failure`: root executions of the pipeline failed, and none has succeeded since. `lost`: a root execution fell silent
   * without an end; its end may still be reported. `missed`: no execution of the pipeline started as scheduled. `slow`: an
   * execution runs longer than those before it. `anomaly`: a run handled unusually many or few rows, or took unusually
   * long or short.
   * @example timeliness
   */
  @ApiProperty({ enum: KINDS, enumName: 'IncidentKind' })
  kind!: Kind;

  /**
   * The severity of the incident: a `warning` of freshness or timeliness becomes `critical` at the second threshold; a
   * missed start, a slow execution and an anomaly are warnings.
   * @example critical
   */
  @ApiProperty({ enum: SEVERITIES, enumName: 'IncidentSeverity' })
  severity!: Severity;

  /**
   * `open` until its condition ends, then `resolved`.
   * @example open
   */
  @ApiProperty({ enum: STATUSES, enumName: 'IncidentStatus' })
  status!: IncidentStatus;

  /**
   * The id of the pipeline concerned.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The name of that pipeline.
   * @example "Customer Data Pipeline"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;

  /**
   * The late or slow execution, the lost root, the root that failed last, or the first unusual run; null for freshness and missed starts.
   * @example 42
   */
  @ApiProperty({ ...ID, nullable: true })
  execution_id!: number | null;

  /**
   * The number of consecutive failures or missed starts, or of lost executions in the tree, or of unusual runs in a row; 1 for
   * the other kinds.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 1 })
  occurrences!: number;

  /**
   * The time when it was found (UTC).
   * @example 2026-01-31T02:30:12.000Z
   */
  @ApiProperty(INSTANT)
  opened_at!: string;

  /**
   * The time when a check or an end found its condition to be over (UTC); null while it is open.
   * @example 2026-01-31T02:41:07.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  resolved_at!: string | null;

  /**
   * The time when the data, the end or the start was expected (UTC), as of the opening of the incident; null for a failure
   * and a lost execution.
   * @example 2026-01-31T02:30:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  expected_at!: string | null;

  /**
   * The event, and the reason for the resolution, in a sentence.
   * @example "Execution 42 started at 2026-01-31T02:00:00.000Z and was due to end by 2026-01-31T02:30:00.000Z (30 minutes)."
   */
  detail!: string;

  /** For a failure: the causes of the last one, ordered by the time of failure, at most 50; else empty. */
  root_causes!: IncidentRootCauseDto[];

  /** What it affects, known a few seconds after it was opened; null if no lineage is known. */
  @ApiProperty({ type: IncidentImpactDto, nullable: true })
  impact!: IncidentImpactDto | null;

  /**
   * The time of the acknowledgement (UTC).
   * @example 2026-01-31T02:35:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  acknowledged_at!: string | null;

  /**
   * The name of the key that acknowledged it.
   * @example "anna"
   */
  @ApiProperty({ type: 'string', nullable: true })
  acknowledged_by!: string | null;

  /**
   * A person's note on the incident.
   * @example "The source is being migrated until Friday."
   */
  @ApiProperty({ type: 'string', nullable: true })
  note!: string | null;

  /**
   * No message about it is sent until then (UTC).
   * @example 2026-02-01T08:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  muted_until!: string | null;
}
