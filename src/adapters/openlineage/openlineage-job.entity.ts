import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { PipelineEntity } from '../../features/pipeline/pipeline.entity.js';

/** The latest that was heard of a job, with the times: its pipeline shows it, unless somebody else has set that. */
@Entity('openlineage_job')
export class OpenLineageJobEntity {
  @PrimaryColumn('bigint', { name: 'pipeline_id', primaryKeyConstraintName: 'pk_openlineage_job' })
  pipelineId!: number;

  @OneToOne(() => PipelineEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'pipeline_id', foreignKeyConstraintName: 'fk_openlineage_job_pipeline' })
  pipeline!: Relation<PipelineEntity>;

  @Column('jsonb')
  facts!: Record<string, unknown>;
}
