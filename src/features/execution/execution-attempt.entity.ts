import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/**
 * The attempts at the same run: a slot is named after the first execution that was reported of it. Only slots that have,
 * or had from the beginning, another attempt than the first are here. A table of its own, since a unique key of
 * `pipeline_execution` would have to contain that table's `id`.
 */
@Entity('pipeline_execution_attempt')
@Unique('uq_pipeline_execution_attempt_execution', ['executionId'])
export class ExecutionAttemptEntity {
  @PrimaryColumn('bigint', { name: 'slot_id', primaryKeyConstraintName: 'pk_pipeline_execution_attempt' })
  slotId!: number;

  @PrimaryColumn('smallint', { primaryKeyConstraintName: 'pk_pipeline_execution_attempt' })
  attempt!: number;

  @Column('bigint', { name: 'execution_id' })
  executionId!: number;
}
