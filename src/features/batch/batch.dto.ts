import { ApiProperty, IntersectionType, PartialType } from '@nestjs/swagger';
import { Name, Namespace, OneOf, Optional, Text } from '../../platform/http/fields.js';
import { EndExecutionDto, StartExecutionDto } from '../execution/execution-request.dto.js';
import { HeartbeatDto } from '../execution/heartbeats/heartbeat.dto.js';
import { RegisterPipelineDto } from '../pipeline/pipeline-request.dto.js';

/** The operations of a batch, by the endpoints whose bodies they have. */
export const OPS = ['register', 'start', 'end', 'heartbeat'] as const;
export type Op = (typeof OPS)[number];

/** The most operations of a batch. */
export const MOST_OPERATIONS = 1000;

/** The fields of all operations. Each operation takes those of its endpoint. */
class OperationFields extends IntersectionType(
  PartialType(RegisterPipelineDto),
  PartialType(StartExecutionDto),
  PartialType(EndExecutionDto),
  PartialType(HeartbeatDto),
) {}

/** One operation of a batch: `op`, and the fields of the endpoint's body. */
export class BatchOperationDto extends OperationFields {
  /**
   * The endpoint: `POST /pipeline`, `/start_pipeline_execution`, `/end_pipeline_execution` or `/heartbeat`.
   * @example start
   */
  @OneOf(OPS, 'BatchOp')
  op!: Op;

  /**
   * A name for the operation, by which later ones refer to its result. Unique within the batch.
   * @example "run 1"
   */
  @Optional()
  @Text(1, 255)
  ref?: string;

  /**
   * In a start: the `ref` of the registration of its pipeline, in place of `pipeline_id`.
   * @example "orders"
   */
  @Optional()
  @Text(1, 255)
  pipeline_ref?: string;

  /**
   * In a start: the name of its pipeline, in place of `pipeline_id`.
   * @example "Load Orders"
   */
  @Optional()
  @Name()
  pipeline_name?: string;

  /**
   * For a start with `pipeline_name`: the namespace of that name; empty by default.
   * @example ""
   */
  @Optional()
  @Namespace()
  pipeline_namespace?: string;

  /**
   * In a start: the `ref` of the start of its parent, in place of `parent_id`.
   * @example "nightly run"
   */
  @Optional()
  @Text(1, 255)
  parent_ref?: string;

  /**
   * In an end or a heartbeat: the `ref` of the start of the execution, in place of `id`.
   * @example "run 1"
   */
  @Optional()
  @Text(1, 255)
  execution_ref?: string;
}

/** The result of one operation: what its endpoint would have answered. */
export class BatchResultDto {
  /**
   * The status of the endpoint's answer; 424 if the operation refers to one that failed.
   * @example 201
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 200, maximum: 599 })
  status!: number;

  /**
   * The endpoint's answer, a problem document for a refusal, null for 204. If all bodies together would be larger than
   * 16 MB, the executions in the last ones have only their `id`.
   * @example { "id": 42 }
   */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  body!: object | null;
}

/** The results of a batch. */
export class BatchReportDto {
  /** The results, in the order of the operations. */
  results!: BatchResultDto[];
}
