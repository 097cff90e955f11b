import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  type Relation,
  UpdateDateColumn,
} from 'typeorm';
import { LongColumns } from '../../platform/database/long-columns.js';
import { PipelineTypeEntity } from './pipeline-type.entity.js';
import { Threshold } from './threshold.entity.js';

/**
 * A pipeline as its source code and its operators configured it, and how far it has loaded.
 * Names are unique without case.
 */
@Entity('pipeline')
@Index('uq_pipeline_name', ['nameKey'], { unique: true })
@Index('ix_pipeline_pipeline_type', ['pipelineTypeId', 'id'])
@Index('ix_pipeline_updated', ['updatedAt'])
// What the freshness check finds the stale ones by: on what `watcher_due` says, and on when the newest data came.
@Index('ix_pipeline_stale_at', { synchronize: false })
@Index('ix_pipeline_loaded_at', { synchronize: false })
@Check('ck_pipeline_freshness', '(freshness_number IS NULL) = (freshness_datepart IS NULL)')
@Check('ck_pipeline_timeliness', '(timeliness_number IS NULL) = (timeliness_datepart IS NULL)')
export class PipelineEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_pipeline',
  })
  id!: number;

  @Column('varchar', { length: 255 })
  name!: string;

  /** What makes two names the same, see `nameKey`; by it rows are found. */
  @Column('text', { name: 'name_key', select: false })
  nameKey!: string;

  @Column('bigint', { name: 'pipeline_type_id' })
  pipelineTypeId!: number;

  @ManyToOne(() => PipelineTypeEntity)
  @JoinColumn({ name: 'pipeline_type_id', foreignKeyConstraintName: 'fk_pipeline_pipeline_type' })
  pipelineType!: Relation<PipelineTypeEntity>;

  /** How far the target is loaded: the `next_watermark` of the last successful execution by start. */
  @Column('text', { nullable: true })
  watermark!: string | null;

  /**
   * When `watermark` last moved, in the order of its moves: where the execution that moved it has its place, or when it
   * was changed by hand. An execution whose place is earlier can't move it back.
   */
  @Column({ type: 'timestamptz', name: 'watermark_start_date', precision: 3, nullable: true })
  watermarkStartDate!: Date | null;

  /** How far the source reaches, as the caller last said: what the next execution loads up to. */
  @Column('text', { name: 'next_watermark', nullable: true })
  nextWatermark!: string | null;

  /**
   * `next_watermark` as it was when `watermark` last moved: while the two are equal, it is used up, and no execution
   * inherits it. Null where it was set since.
   */
  @Column('text', { name: 'used_next_watermark', nullable: true })
  usedNextWatermark!: string | null;

  @Column('jsonb', { name: 'pipeline_metadata', nullable: true })
  pipelineMetadata!: Record<string, unknown> | null;

  @Column({ type: 'timestamptz', name: 'last_target_insert', precision: 3, nullable: true })
  lastTargetInsert!: Date | null;

  @Column({ type: 'timestamptz', name: 'last_target_update', precision: 3, nullable: true })
  lastTargetUpdate!: Date | null;

  @Column({ type: 'timestamptz', name: 'last_target_soft_delete', precision: 3, nullable: true })
  lastTargetSoftDelete!: Date | null;

  @Column(() => Threshold, { prefix: 'freshness' })
  freshness!: Threshold;

  @Column('boolean', { name: 'mute_freshness_check', default: false })
  muteFreshnessCheck!: boolean;

  @Column(() => Threshold, { prefix: 'timeliness' })
  timeliness!: Threshold;

  @Column('boolean', { name: 'mute_timeliness_check', default: false })
  muteTimelinessCheck!: boolean;

  @Column('boolean', { name: 'load_lineage', default: true })
  loadLineage!: boolean;

  @Column('boolean', { default: true })
  active!: boolean;

  /** SHA-256 (hex) of the canonical JSON of the configuration that the code last sent. */
  @Column('char', { name: 'config_hash', length: 64 })
  configHash!: string;

  /** Starts at 1, one more for each change of the code's configuration. */
  @Column('integer', { name: 'config_version', default: 1 })
  configVersion!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  /** The same as `created_at` until the first change, see `CHANGED_NOW`. */
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}

/** What a list of pipelines reads in two steps. */
export const PIPELINE_LONG_COLUMNS = new LongColumns('pipeline', PipelineEntity, {
  pipelineMetadata: { column: 'pipeline_metadata', type: 'jsonb' },
  watermark: { column: 'watermark', type: 'text' },
  nextWatermark: { column: 'next_watermark', type: 'text' },
});
