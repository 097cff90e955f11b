import { Entity, PrimaryColumn } from 'typeorm';

/** The executions that are expected: few at a time, so that the ends of all others learn cheaply that theirs are not. */
@Entity('pipeline_execution_expected')
export class ExpectedExecutionEntity {
  @PrimaryColumn('bigint', { name: 'execution_id', primaryKeyConstraintName: 'pk_pipeline_execution_expected' })
  executionId!: number;
}
