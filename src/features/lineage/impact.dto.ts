import { ApiProperty } from '@nestjs/swagger';
import { COUNT, INSTANT, NAME, NAMESPACE, Optional, QueryInstant } from '../../platform/http/fields.js';
import { LastExecutionDto } from '../pipeline/pipeline-status.dto.js';
import { DatasetReferenceDto } from './dataset.dto.js';
import { PipelineReferenceDto, CutDto } from './lineage.dto.js';

const DEPTH = { type: 'integer', format: 'int32', minimum: 0 } as const;

/** From when on data is stale. */
export class ImpactQuery {
  /**
   * Since when the data is wrong or missing: pipelines that started later have `ran_since` true.
   * @example 2026-01-31T02:00:00Z
   */
  @Optional()
  @QueryInstant()
  since?: Date;
}

/** A dataset downstream of what failed. */
export class AffectedDatasetDto extends DatasetReferenceDto {
  /**
   * The least number of steps to it.
   * @example 1
   */
  @ApiProperty(DEPTH)
  depth!: number;
}

/** A pipeline that reads what failed, or what follows from it. */
export class AffectedPipelineDto extends PipelineReferenceDto {
  /**
   * The namespace of its name.
   * @example ""
   */
  @ApiProperty(NAMESPACE)
  namespace!: string;

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
   * The least depth of what it writes.
   * @example 1
   */
  @ApiProperty(DEPTH)
  depth!: number;

  /** The execution that started last; null if it never ran. */
  @ApiProperty({ type: LastExecutionDto, nullable: true })
  last_execution!: LastExecutionDto | null;

  /**
   * When it should start next (UTC); null without a schedule.
   * @example 2026-02-01T02:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  next_expected_at!: string | null;

  /**
   * Its open incidents.
   * @example 0
   */
  @ApiProperty(COUNT)
  open_incidents!: number;

  /**
   * Whether it has started since the data is stale; null if that moment is not known.
   * @example false
   */
  @ApiProperty({ type: 'boolean', nullable: true })
  ran_since!: boolean | null;
}

/** What depends on a dataset, or on what an execution should have written. At most 1,000 datasets and 1,000 pipelines. */
export class ImpactDto extends CutDto {
  /** Since when the data is stale (UTC); null if the request does not say. */
  @ApiProperty({ ...INSTANT, nullable: true, example: null })
  since!: string | null;

  /** The datasets, nearest first; what the execution itself writes has depth 0. */
  @ApiProperty({ type: [AffectedDatasetDto] })
  datasets!: AffectedDatasetDto[];

  /** The pipelines, nearest first. */
  @ApiProperty({ type: [AffectedPipelineDto] })
  pipelines!: AffectedPipelineDto[];

  /**
   * True if pipelines are missing, because there are more than 1,000.
   * @example false
   */
  @ApiProperty()
  pipelines_truncated!: boolean;
}
