import { Check, Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import { Threshold } from './threshold.entity.js';

/**
 * A type of pipeline. Its thresholds apply to its pipelines that have none of their own; its mute flags apply to all of
 * them. Names are unique, ignoring case.
 */
@Entity('pipeline_type')
@Index('uq_pipeline_type_name', ['nameKey'], { unique: true })
@Check('ck_pipeline_type_freshness', '(freshness_number IS NULL) = (freshness_datepart IS NULL)')
@Check('ck_pipeline_type_timeliness', '(timeliness_number IS NULL) = (timeliness_datepart IS NULL)')
@Check('ck_pipeline_type_lost_after', '(lost_after_number IS NULL) = (lost_after_datepart IS NULL)')
@Check('ck_pipeline_type_retention', '(retention_number IS NULL) = (retention_datepart IS NULL)')
export class PipelineTypeEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_pipeline_type',
  })
  id!: number;

  @Column('varchar', { length: 255 })
  name!: string;

  /** The case-folded name, by which rows are found; see `nameKey`. */
  @Column('text', { name: 'name_key', select: false })
  nameKey!: string;

  @Column(() => Threshold, { prefix: 'freshness' })
  freshness!: Threshold;

  @Column('boolean', { name: 'mute_freshness_check', default: false })
  muteFreshnessCheck!: boolean;

  @Column(() => Threshold, { prefix: 'timeliness' })
  timeliness!: Threshold;

  @Column('boolean', { name: 'mute_timeliness_check', default: false })
  muteTimelinessCheck!: boolean;

  @Column('boolean', { name: 'mute_anomaly_check', default: false })
  muteAnomalyCheck!: boolean;

  @Column(() => Threshold, { prefix: 'lost_after' })
  lostAfter!: Threshold;

  @Column(() => Threshold, { prefix: 'retention' })
  retention!: Threshold;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  /** Equal to `created_at` until the first change. */
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}
