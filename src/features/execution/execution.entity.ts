import {
  Check,
  Column,
  Entity,
  type EntityManager,
  Index,
  PrimaryGeneratedColumn,
  type SelectQueryBuilder,
} from 'typeorm';
import { LongColumns } from '../../platform/database/long-columns.js';
import { type Status, STATUSES } from './execution-status.js';

/**
 * One run of a pipeline. It has its own copy of the watermarks and is written at its start and at its end. Its closure
 * rows are committed with it (see the hierarchy module).
 *
 * The table has no foreign keys, so that it can be sharded by `id`: the statements that resolve a start check pipeline
 * and parent. For the same reason every unique key must contain `id`.
 */
@Entity('pipeline_execution')
@Check('ck_pipeline_execution_status', `status IN (${STATUSES.map((status) => `'${status}'`).join(', ')})`)
@Index('ix_pipeline_execution_start', ['startDate', 'id'])
@Index('ix_pipeline_execution_pipeline_start', ['pipelineId', 'startDate', 'id'])
@Index('ix_pipeline_execution_parent_start', ['parentId', 'startDate', 'id'], { where: 'parent_id IS NOT NULL' })
@Index('ix_pipeline_execution_root_start', ['startDate', 'id'], { where: 'parent_id IS NULL' })
@Index('ix_pipeline_execution_running', ['startDate', 'id'], { where: 'end_date IS NULL' })
@Index('ix_pipeline_execution_failed', ['startDate', 'id'], { where: 'completed_successfully = false' })
@Index('ix_pipeline_execution_failed_root', ['startDate', 'id', 'pipelineId'], {
  where: 'completed_successfully = false AND parent_id IS NULL',
})
@Index('ix_pipeline_execution_pipeline_failed', ['pipelineId', 'startDate', 'id'], {
  where: 'completed_successfully = false',
})
@Index('ix_pipeline_execution_pipeline_succeeded', ['pipelineId', 'startDate', 'id'], {
  where: 'completed_successfully = true',
})
@Index('ix_pipeline_execution_pipeline_succeeded_end', ['pipelineId', 'endDate'], {
  where: 'completed_successfully = true',
})
@Index('ix_pipeline_execution_deadline', ['deadline', 'id'], { where: 'end_date IS NULL' })
@Index('ix_pipeline_execution_slow', ['slowAt', 'id'], { where: 'end_date IS NULL AND slow_at IS NOT NULL' })
@Index('ix_pipeline_execution_pipeline_running', ['pipelineId', 'startDate', 'id'], { where: 'end_date IS NULL' })
@Index('ix_pipeline_execution_end', ['endDate', 'id'], { where: 'end_date IS NOT NULL' })
@Index('ix_pipeline_execution_without_result', ['status', 'startDate', 'id'], {
  where: 'completed_successfully IS NULL AND end_date IS NOT NULL',
})
@Index('ix_pipeline_execution_pipeline_without_result', ['pipelineId', 'status', 'startDate', 'id'], {
  where: 'completed_successfully IS NULL AND end_date IS NOT NULL',
})
@Index('ix_pipeline_execution_root_failed', ['rootId', 'id'], { where: 'completed_successfully = false' })
export class ExecutionEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_pipeline_execution',
  })
  id!: number;

  @Column('bigint', { name: 'parent_id', nullable: true })
  parentId!: number | null;

  /** The root of the tree: its own id if it has no parent. */
  @Column('bigint', { name: 'root_id' })
  rootId!: number;

  @Column('bigint', { name: 'pipeline_id' })
  pipelineId!: number;

  /** The name of the pipeline. Not a column: the code that reads the execution sets it. */
  pipelineName!: string;

  /** The caller's own id of the run; `pipeline_execution_external_id` makes it unique within the pipeline. */
  @Column('varchar', { name: 'external_id', length: 255, nullable: true })
  externalId!: string | null;

  @Column({ type: 'timestamptz', name: 'start_date', precision: 3 })
  startDate!: Date;

  /** When the start was received, if `start_date` was ahead of the service's clock; otherwise null. */
  @Column({ type: 'timestamptz', name: 'start_received_at', precision: 3, nullable: true })
  startReceivedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'end_date', precision: 3, nullable: true })
  endDate!: Date | null;

  /** When the end was received; null without an end, and for ends received by an older version. */
  @Column({ type: 'timestamptz', name: 'end_received_at', precision: 3, nullable: true, select: false })
  endReceivedAt?: Date | null;

  /** Null unless the status is succeeded or failed. */
  @Column('boolean', { name: 'completed_successfully', nullable: true })
  completedSuccessfully!: boolean | null;

  @Column('bigint', { nullable: true })
  inserts!: number | null;

  @Column('bigint', { nullable: true })
  updates!: number | null;

  @Column('bigint', { name: 'soft_deletes', nullable: true })
  softDeletes!: number | null;

  @Column('bigint', { name: 'total_rows', nullable: true })
  totalRows!: number | null;

  @Column('text', { nullable: true })
  watermark!: string | null;

  @Column('text', { name: 'next_watermark', nullable: true })
  nextWatermark!: string | null;

  @Column('jsonb', { name: 'execution_metadata', nullable: true })
  executionMetadata!: Record<string, unknown> | null;

  @Column('text', { name: 'error_message', nullable: true })
  errorMessage!: string | null;

  /** The version of the pipeline's configuration that it uses. */
  @Column('integer', { name: 'config_version' })
  configVersion!: number;

  /**
   * The time from which it is late: its start plus the applicable timeliness threshold; null without one. Follows the
   * threshold while the execution runs (`ExecutionDeadlineService`); fixed once it has ended.
   */
  @Column({ type: 'timestamptz', name: 'deadline', precision: 3, nullable: true })
  deadline!: Date | null;

  /**
   * The time from which it is slow by the pipeline's own history; null without enough of it. Fixed at the start; for the
   * check only.
   */
  @Column({ type: 'timestamptz', name: 'slow_at', precision: 3, nullable: true, select: false })
  slowAt?: Date | null;

  /** Whether it has no usual length, as a stream: it is neither late nor slow, and its duration is not compared. */
  @Column('boolean', { default: false, select: false })
  endless?: boolean;

  /** Its unusual metrics, such as `{"total_rows": true}`; false for a dismissed one; null while there are none. */
  @Column('jsonb', { name: 'anomaly_flags', nullable: true })
  anomalyFlags!: Record<string, boolean> | null;

  /** SHA-256 (hex) of the end's content, to distinguish a repeat from a different end. */
  @Column('char', { name: 'end_hash', length: 64, nullable: true })
  endHash!: string | null;

  /**
   * This column and the next two are for SQL users: the service writes but never reads them. See
   * `execution-measures.ts`.
   */
  @Column('double precision', { name: 'duration_seconds', nullable: true, select: false })
  durationSeconds?: number | null;

  @Column('double precision', { nullable: true, select: false })
  throughput?: number | null;

  /** The UTC date of the start. */
  @Column('date', { name: 'date_recorded', nullable: true, select: false })
  dateRecorded?: string | null;

  /** As stored; {@link statusOf} gives the effective status. */
  @Column('varchar', { length: 9, nullable: true, default: 'running' })
  status!: Status | null;

  /** The attempt number within its slot; see {@link ExecutionAttemptEntity}. */
  @Column('smallint', { default: 1 })
  attempt!: number;

  /** The execution given as `retry_of`. */
  @Column('bigint', { name: 'retry_of', nullable: true })
  retryOf!: number | null;

  /** True if its slot has a later attempt. */
  @Column('boolean', { default: false })
  superseded!: boolean;

  /** True if its start was never reported; `start_date` is then that of its first child. */
  @Column('boolean', { name: 'start_date_estimated', default: false })
  startDateEstimated!: boolean;
}

/** Columns that a list of executions reads in a second step. */
export const EXECUTION_LONG_COLUMNS = new LongColumns('pipeline_execution', ExecutionEntity, {
  executionMetadata: { column: 'execution_metadata', type: 'jsonb' },
  errorMessage: { column: 'error_message', type: 'text' },
  watermark: { column: 'watermark', type: 'text' },
  nextWatermark: { column: 'next_watermark', type: 'text' },
});

/**
 * Selects at most `rows` executions under the alias `e` without their long values, which `completeList` reads later;
 * `PipelineNameService` adds the names of their pipelines.
 */
export function selectExecutions(manager: EntityManager, rows: number): SelectQueryBuilder<ExecutionEntity> {
  return EXECUTION_LONG_COLUMNS.select(manager, 'e', rows);
}
