import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/**
 * The attempts at a run. A slot is identified by its first execution. Slots that have only attempt 1 have no rows here.
 * This is a separate table because a unique key of `pipeline_execution` would have to contain that table's `id`.
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
