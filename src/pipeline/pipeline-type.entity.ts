import { Check, Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import type { Datepart } from '../common/fields.js';

/**
 * A kind of pipeline. Its thresholds are the default of its pipelines that have none of their own,
 * and its mute flags silence them all. Names are unique without case.
 */
@Entity('pipeline_type')
@Index('uq_pipeline_type_name', ['nameKey'], { unique: true })
@Check('ck_pipeline_type_freshness', '(freshness_number IS NULL) = (freshness_datepart IS NULL)')
@Check('ck_pipeline_type_timeliness', '(timeliness_number IS NULL) = (timeliness_datepart IS NULL)')
export class PipelineTypeEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_pipeline_type',
  })
  id!: number;

  @Column('varchar', { length: 255 })
  name!: string;

  /** What makes two names the same, see `nameKey`; by it rows are found. */
  @Column('text', { name: 'name_key', select: false })
  nameKey!: string;

  @Column('integer', { name: 'freshness_number', nullable: true })
  freshnessNumber!: number | null;

  @Column('varchar', { name: 'freshness_datepart', length: 6, nullable: true })
  freshnessDatepart!: Datepart | null;

  @Column('boolean', { name: 'mute_freshness_check', default: false })
  muteFreshnessCheck!: boolean;

  @Column('integer', { name: 'timeliness_number', nullable: true })
  timelinessNumber!: number | null;

  @Column('varchar', { name: 'timeliness_datepart', length: 6, nullable: true })
  timelinessDatepart!: Datepart | null;

  @Column('boolean', { name: 'mute_timeliness_check', default: false })
  muteTimelinessCheck!: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}
