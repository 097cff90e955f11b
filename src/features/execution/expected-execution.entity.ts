import { Entity, PrimaryColumn } from 'typeorm';

/**
 * The expected executions. The table stays small, so that ends can cheaply check whether their parents are expected.
 */
@Entity('pipeline_execution_expected')
export class ExpectedExecutionEntity {
  @PrimaryColumn('bigint', { name: 'execution_id', primaryKeyConstraintName: 'pk_pipeline_execution_expected' })
  executionId!: number;
}
