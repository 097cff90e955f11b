import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { LongColumns } from '../../platform/database/long-columns.js';
import { PipelineEntity } from './pipeline.entity.js';

export const PIPELINE_CHANGE_KINDS = ['created', 'configuration', 'patch'] as const;
export type PipelineChangeKind = (typeof PIPELINE_CHANGE_KINDS)[number];

/**
 * A change of a pipeline by a caller: its creation, a change of the configuration by the code, or a PATCH. Moves of the
 * watermark by executions are not here; they follow from the executions.
 */
@Entity('pipeline_change')
@Check('ck_pipeline_change_kind', `kind IN ('created', 'configuration', 'patch')`)
@Index('ix_pipeline_change_pipeline', ['pipelineId', 'id'])
@Index('ix_pipeline_change_watermark', ['pipelineId', 'id'], { where: `kind = 'patch' AND after ? 'watermark'` })
export class PipelineChangeEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_pipeline_change',
  })
  id!: number;

  @Column('bigint', { name: 'pipeline_id' })
  pipelineId!: number;

  @ManyToOne(() => PipelineEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'pipeline_id', foreignKeyConstraintName: 'fk_pipeline_change_pipeline' })
  pipeline!: Relation<PipelineEntity>;

  @Column({ type: 'timestamptz', name: 'changed_at', precision: 3, default: () => 'now()' })
  changedAt!: Date;

  /** The name of the caller; null for changes that an older version recorded. */
  @Column('varchar', { name: 'changed_by', length: 255, nullable: true })
  changedBy!: string | null;

  @Column('varchar', { length: 13 })
  kind!: PipelineChangeKind;

  /** The fields that changed, by their names in the API, before the change; null for a creation. */
  @Column('jsonb', { nullable: true })
  before!: Record<string, unknown> | null;

  /** The same fields after the change. */
  @Column('jsonb', { nullable: true })
  after!: Record<string, unknown> | null;
}

/** The columns that a list of changes reads in a second step. */
export const PIPELINE_CHANGE_LONG_COLUMNS = new LongColumns('pipeline_change', PipelineChangeEntity, {
  before: { column: 'before', type: 'jsonb' },
  after: { column: 'after', type: 'jsonb' },
});
