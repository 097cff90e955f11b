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

/** A pipeline: its configuration, by source code and operators, and its progress. Names are unique in a namespace, ignoring case. */
@Entity('pipeline')
@Index('uq_pipeline_name', ['nameKey'], { unique: true })
@Index('ix_pipeline_pipeline_type', ['pipelineTypeId', 'id'])
@Index('ix_pipeline_updated', ['updatedAt'])
// For the freshness check: indexes on the result of `watcher_due`, and on the time of the newest data.
@Index('ix_pipeline_stale_at', { synchronize: false })
@Index('ix_pipeline_loaded_at', { synchronize: false })
@Check('ck_pipeline_freshness', '(freshness_number IS NULL) = (freshness_datepart IS NULL)')
@Check('ck_pipeline_timeliness', '(timeliness_number IS NULL) = (timeliness_datepart IS NULL)')
// Partial indexes for the checks: warnings of freshness and timeliness, and due schedules.
@Index('ix_pipeline_warn_at', { synchronize: false })
@Index('ix_pipeline_timeliness_warn', ['id'], {
  where: 'active AND NOT mute_timeliness_check AND timeliness_warn_number IS NOT NULL',
})
@Index('ix_pipeline_inactive', ['id'], { where: 'NOT active' })
@Index('ix_pipeline_next_expected', ['nextExpectedAt'], { where: 'next_expected_at IS NOT NULL' })
@Check('ck_pipeline_freshness_warn', '(freshness_warn_number IS NULL) = (freshness_warn_datepart IS NULL)')
@Check('ck_pipeline_timeliness_warn', '(timeliness_warn_number IS NULL) = (timeliness_warn_datepart IS NULL)')
@Check('ck_pipeline_start_grace', '(start_grace_number IS NULL) = (start_grace_datepart IS NULL)')
@Check('ck_pipeline_lost_after', '(lost_after_number IS NULL) = (lost_after_datepart IS NULL)')
@Check('ck_pipeline_retention', '(retention_number IS NULL) = (retention_datepart IS NULL)')
export class PipelineEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_pipeline',
  })
  id!: number;

  /** Empty for most pipelines. */
  @Column('varchar', { length: 255, default: '' })
  namespace!: string;

  @Column('varchar', { length: 255 })
  name!: string;

  /** The case-folded name and namespace, by which rows are found; see `pipelineKey`. */
  @Column('text', { name: 'name_key', select: false })
  nameKey!: string;

  @Column('bigint', { name: 'pipeline_type_id' })
  pipelineTypeId!: number;

  @ManyToOne(() => PipelineTypeEntity)
  @JoinColumn({ name: 'pipeline_type_id', foreignKeyConstraintName: 'fk_pipeline_pipeline_type' })
  pipelineType!: Relation<PipelineTypeEntity>;

  /** The position up to which the target is loaded: `next_watermark` of the last successful execution by start. */
  @Column('text', { nullable: true })
  watermark!: string | null;

  /**
   * The position of the last move of `watermark` in the order of moves: the start of the execution that moved it, or the
   * time of a change by hand. Executions with an earlier position do not move it.
   */
  @Column({ type: 'timestamptz', name: 'watermark_start_date', precision: 3, nullable: true })
  watermarkStartDate!: Date | null;

  /** The position up to which the next execution loads, as the caller last sent it. */
  @Column('text', { name: 'next_watermark', nullable: true })
  nextWatermark!: string | null;

  /**
   * `next_watermark` at the last move of `watermark`. While the two are equal, `next_watermark` is used up and no
   * execution inherits it. Null once `next_watermark` is set again.
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

  @Column(() => Threshold, { prefix: 'freshness_warn' })
  freshnessWarn!: Threshold;

  @Column(() => Threshold, { prefix: 'timeliness_warn' })
  timelinessWarn!: Threshold;

  /** When runs are expected, see `schedule.ts`. */
  @Column('text', { nullable: true })
  schedule!: string | null;

  @Column('text', { name: 'schedule_timezone', nullable: true })
  scheduleTimezone!: string | null;

  @Column(() => Threshold, { prefix: 'start_grace' })
  startGrace!: Threshold;

  /** The first moment of the schedule that no check has judged yet. */
  @Column({ type: 'timestamptz', name: 'next_expected_at', precision: 3, nullable: true })
  nextExpectedAt!: Date | null;

  @Column('boolean', { name: 'mute_schedule_check', default: false })
  muteScheduleCheck!: boolean;

  @Column('boolean', { name: 'mute_anomaly_check', default: false })
  muteAnomalyCheck!: boolean;

  @Column(() => Threshold, { prefix: 'lost_after' })
  lostAfter!: Threshold;

  @Column(() => Threshold, { prefix: 'retention' })
  retention!: Threshold;

  @Column('boolean', { name: 'load_lineage', default: true })
  loadLineage!: boolean;

  @Column('boolean', { default: true })
  active!: boolean;

  /** Kept, but neither listed nor checked. */
  @Column('boolean', { default: false })
  archived!: boolean;

  /** See `configurationHash`; of the configuration that the code last declared. */
  @Column('char', { name: 'config_hash', length: 64 })
  configHash!: string;

  /** Starts at 1; incremented by each change of the configuration by the code. */
  @Column('integer', { name: 'config_version', default: 1 })
  configVersion!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  /** Equal to `created_at` until the first change, see `CHANGED_NOW`. */
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}

/** The columns that a list of pipelines reads in a second step. */
export const PIPELINE_LONG_COLUMNS = new LongColumns('pipeline', PipelineEntity, {
  pipelineMetadata: { column: 'pipeline_metadata', type: 'jsonb' },
  watermark: { column: 'watermark', type: 'text' },
  nextWatermark: { column: 'next_watermark', type: 'text' },
});
