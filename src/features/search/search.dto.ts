import { ApiProperty } from '@nestjs/swagger';
import { ID, INSTANT, NAME, NAMESPACE, Optional, QueryWhole, Text } from '../../platform/http/fields.js';
import { type Status, STATUSES } from '../execution/execution-status.js';

/** What is searched for. */
export class SearchQuery {
  /**
   * A part of the name of a pipeline or dataset (case-insensitive), or the id or external id of an execution.
   * @example customer
   */
  @Text(1, 255)
  q!: string;

  /**
   * The most results of each kind.
   * @example 10
   */
  @Optional()
  @QueryWhole(1, 50)
  limit?: number = 10;
}

/** A pipeline that was found. */
export class FoundPipelineDto {
  /**
   * Its id.
   * @example 1
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * The namespace of its name; empty for most pipelines.
   * @example ""
   */
  @ApiProperty(NAMESPACE)
  namespace!: string;

  /**
   * Its name.
   * @example "Customer Data Pipeline"
   */
  @ApiProperty(NAME)
  name!: string;

  /**
   * The name of its type.
   * @example extraction
   */
  @ApiProperty(NAME)
  pipeline_type_name!: string;

  /**
   * Whether it should run.
   * @example true
   */
  @ApiProperty()
  active!: boolean;

  /**
   * Whether it is archived.
   * @example false
   */
  @ApiProperty()
  archived!: boolean;
}

/** An execution that was found. */
export class FoundExecutionDto {
  /**
   * Its id.
   * @example 42
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * The root of its tree.
   * @example 41
   */
  @ApiProperty(ID)
  root_id!: number;

  /**
   * The name of its pipeline.
   * @example "Customer Data Pipeline"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;

  /**
   * The caller's own id of the run.
   * @example scheduled__2026-01-31T02:00:00
   */
  @ApiProperty({ type: 'string', nullable: true })
  external_id!: string | null;

  /**
   * Its status.
   * @example succeeded
   */
  @ApiProperty({ enum: [...STATUSES], enumName: 'ExecutionStatus' })
  status!: Status;

  /**
   * Its start (UTC).
   * @example 2026-01-31T02:00:00.000Z
   */
  @ApiProperty(INSTANT)
  start_date!: string;
}

/** A dataset that was found. */
export class FoundDatasetDto {
  /**
   * Its id.
   * @example 7
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * The namespace of its name; empty where the name stands alone.
   * @example "s3://warehouse"
   */
  @ApiProperty(NAMESPACE)
  namespace!: string;

  /**
   * Its name.
   * @example customers/
   */
  @ApiProperty({ type: 'string', minLength: 1, maxLength: 2048 })
  name!: string;

  /**
   * The name of its type.
   * @example s3
   */
  @ApiProperty(NAME)
  address_type_name!: string;
}

/** What was found. */
export class SearchResultDto {
  /** Pipelines whose names begin with the text, by name; then those whose names contain it. */
  pipelines!: FoundPipelineDto[];

  /** The execution with this id, and executions with this external id, newest first. */
  executions!: FoundExecutionDto[];

  /** Datasets whose names contain the text, those of shorter names first. */
  datasets!: FoundDatasetDto[];
}
