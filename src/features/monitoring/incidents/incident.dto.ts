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
import { PatchBody } from '../../../platform/http/request-validation.pipe.js';
import { type Kind, KINDS, SEVERITIES, type Severity } from './incident.entity.js';

/** The most characters of a note. */
const MAX_NOTE = 10_000;

const STATUSES = ['open', 'resolved'] as const;
type IncidentStatus = (typeof STATUSES)[number];

/** Which incidents, and how paged. */
export class ListIncidentsQuery extends PageQuery {
  /**
   * Only incidents that are open, or only resolved ones.
   * @example open
   */
  @Optional()
  @OneOf(STATUSES, 'IncidentStatus')
  status?: IncidentStatus;

  /**
   * Only incidents of this kind, or of these kinds where it is repeated.
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
   * Only incidents of the tree under this root execution.
   * @example 42
   */
  @Optional()
  @QueryId()
  root_id?: number;
}

/** What a person says of an incident. Only what is in the body changes; null clears a field. */
export class PatchIncidentDto extends PatchBody {
  /**
   * True: somebody looks after it; the first acknowledgement is kept. False takes it back.
   * @example true
   */
  @Optional()
  @Flag()
  acknowledged?: boolean;

  /**
   * What there is to know about it, at most 10,000 characters.
   * @example "The source is being migrated until Friday."
   */
  @Clearable()
  @Text(1, MAX_NOTE)
  note?: string | null;

  /**
   * No message about it is sent until then, also none of its end; a moment that is past ends the silence.
   * @example 2026-02-01T08:00:00Z
   */
  @Clearable()
  @Instant()
  muted_until?: Date | null;
}

/** A failed execution with no failed one below it: what the failure above it came from. */
export class IncidentRootCauseDto {
  /**
   * The execution.
   * @example 45
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * The pipeline that it is a run of.
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
   * The beginning of what its end said, at most 1,000 characters.
   * @example "connection to the source was refused"
   */
  error_message!: string | null;
}

/** How far an incident reaches along the lineage. */
export class IncidentImpactDto {
  /**
   * How many datasets are downstream of it.
   * @example 4
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  datasets!: number;

  /**
   * How many pipelines are downstream of it.
   * @example 2
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  pipelines!: number;
}

/** A violation: opened once, resolved by itself when its condition ends, kept as history. */
export class IncidentDto {
  /**
   * Its id.
   * @example 12
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * `freshness`: the pipeline's data is older than its threshold. `timeliness`: an execution ran past its deadline.
   * `failure`: root executions of the pipeline failed, and none has succeeded since.
   * @example timeliness
   */
  @ApiProperty({ enum: KINDS, enumName: 'IncidentKind' })
  kind!: Kind;

  /**
   * How much it matters.
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
   * The pipeline that it is about.
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
   * The late execution, or the root that failed last; null for freshness.
   * @example 42
   */
  @ApiProperty({ ...ID, nullable: true })
  execution_id!: number | null;

  /**
   * How many failures in a row it covers; 1 for the other kinds.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 1 })
  occurrences!: number;

  /**
   * When it was found (UTC).
   * @example 2026-01-31T02:30:12.000Z
   */
  @ApiProperty(INSTANT)
  opened_at!: string;

  /**
   * When its condition was found to have ended (UTC); null while it is open.
   * @example 2026-01-31T02:41:07.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  resolved_at!: string | null;

  /**
   * When the data or the end was expected (UTC), as it stood when the incident was opened; null for a failure.
   * @example 2026-01-31T02:30:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  expected_at!: string | null;

  /**
   * What happened, and why it was resolved, in a sentence for people.
   * @example "Execution 42 started at 2026-01-31T02:00:00.000Z and was to end by 2026-01-31T02:30:00.000Z (30 minutes)."
   */
  detail!: string;

  /** Of a failure: the causes of the last one, the first to fail first, at most 50; else empty. */
  root_causes!: IncidentRootCauseDto[];

  /** How far it reaches; null where no lineage is known. */
  @ApiProperty({ type: IncidentImpactDto, nullable: true })
  impact!: IncidentImpactDto | null;

  /**
   * When somebody acknowledged it (UTC).
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
   * What a person noted about it.
   * @example "The source is being migrated until Friday."
   */
  @ApiProperty({ type: 'string', nullable: true })
  note!: string | null;

  /**
   * Until when no message about it is sent (UTC).
   * @example 2026-02-01T08:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  muted_until!: string | null;
}
