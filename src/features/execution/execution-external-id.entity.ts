import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * The callers' own ids for their runs, each unique within a pipeline. This is a separate table because a unique key of
 * `pipeline_execution` would have to contain that table's `id`.
 */
@Entity('pipeline_execution_external_id')
@Index('ix_pipeline_execution_external_id', ['externalId'])
export class ExecutionExternalIdEntity {
  @PrimaryColumn('bigint', { name: 'pipeline_id', primaryKeyConstraintName: 'pk_pipeline_execution_external_id' })
  pipelineId!: number;

  @PrimaryColumn('varchar', {
    name: 'external_id',
    length: 255,
    primaryKeyConstraintName: 'pk_pipeline_execution_external_id',
  })
  externalId!: string;

  @Column('bigint', { name: 'execution_id' })
  executionId!: number;
}
