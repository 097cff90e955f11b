import { Column, Entity, Index, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { PipelineEntity } from './pipeline.entity.js';

/**
 * What lists of pipelines are searched by. A trigger of `pipeline` keeps it: indexes on `pipeline` itself would be
 * written with each run that loads rows.
 */
@Entity('pipeline_search')
@Index('ix_pipeline_search_name', ['name', 'pipelineId'])
@Index('ix_pipeline_search_namespace', ['namespace', 'pipelineId'])
// For parts of names, where the database has the extension pg_trgm; and for objects that the metadata contains.
@Index('ix_pipeline_search_name_part', { synchronize: false })
@Index('ix_pipeline_search_metadata', { synchronize: false })
export class PipelineSearchEntity {
  @PrimaryColumn('bigint', { name: 'pipeline_id', primaryKeyConstraintName: 'pk_pipeline_search' })
  pipelineId!: number;

  @OneToOne(() => PipelineEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'pipeline_id', foreignKeyConstraintName: 'fk_pipeline_search_pipeline' })
  pipeline!: Relation<PipelineEntity>;

  /** The key of the name, without the namespace. */
  @Column({ type: 'text', collation: 'C' })
  name!: string;

  /** The key of the namespace. */
  @Column({ type: 'text', collation: 'C' })
  namespace!: string;

  @Column('jsonb', { nullable: true })
  metadata!: Record<string, unknown> | null;
}
