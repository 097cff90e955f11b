import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What an execution read (`I`) or wrote (`O`). As large as `pipeline_execution`, and sharded with it, so it has no foreign
 * key.
 */
@Entity('execution_dataset')
@Index('ix_execution_dataset_dataset', ['datasetId', 'io', 'at', 'executionId'])
export class ExecutionDatasetEntity {
  @PrimaryColumn('bigint', { name: 'execution_id', primaryKeyConstraintName: 'pk_execution_dataset' })
  executionId!: number;

  @PrimaryColumn('bigint', { name: 'dataset_id', primaryKeyConstraintName: 'pk_execution_dataset' })
  datasetId!: number;

  @PrimaryColumn({ type: 'char', length: 1, primaryKeyConstraintName: 'pk_execution_dataset' })
  io!: 'I' | 'O';

  @Column('bigint', { nullable: true })
  rows!: number | null;

  @Column('bigint', { nullable: true })
  bytes!: number | null;

  @Column('bigint', { nullable: true })
  files!: number | null;

  /** The end of the execution; the time of the report if that came first. */
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
