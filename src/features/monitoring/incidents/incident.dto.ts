import { ApiProperty } from '@nestjs/swagger';
import { ID, INSTANT, NAME, OneOf, Optional, QueryId } from '../../../platform/http/fields.js';
import { PageQuery } from '../../../platform/http/page.js';
import { type Kind, KINDS } from './incident.entity.js';

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
   * Only incidents of this kind.
   * @example timeliness
   */
  @Optional()
  @OneOf(KINDS, 'IncidentKind')
  kind?: Kind;

  /**
   * Only incidents of this pipeline.
   * @example 1
   */
  @Optional()
  @QueryId()
  pipeline_id?: number;
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
   * `failure`: a root execution failed, and with it its tree.
   * @example timeliness
   */
  @ApiProperty({ enum: KINDS, enumName: 'IncidentKind' })
  kind!: Kind;

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
   * The late execution, or the root of the failed tree; null for freshness.
   * @example 42
   */
  @ApiProperty({ ...ID, nullable: true })
  execution_id!: number | null;

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

  /** Of a failure: what it came from, the first failures first, at most 50; else empty. */
  root_causes!: IncidentRootCauseDto[];
}
