import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { PipelineEntity } from '../pipeline/pipeline.entity.js';

/**
 * What the deleted executions of a pipeline that started on a day (UTC) add up to. Written in the transaction that
 * deletes them, so that this row and the executions that remain always add up to what there was; `v_pipeline_day` is the
 * sum. Sums of counts are numeric, because those of a day may exceed 2^63.
 */
@Entity('pipeline_day')
@Index('ix_pipeline_day_day', ['day'])
export class PipelineDayEntity {
  @PrimaryColumn('bigint', { name: 'pipeline_id', primaryKeyConstraintName: 'pk_pipeline_day' })
  pipelineId!: number;

  @ManyToOne(() => PipelineEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'pipeline_id', foreignKeyConstraintName: 'fk_pipeline_day_pipeline' })
  pipeline!: Relation<PipelineEntity>;

  @PrimaryColumn('date', { primaryKeyConstraintName: 'pk_pipeline_day' })
  day!: string;

  @Column('bigint')
  executions!: number;

  @Column('bigint')
  succeeded!: number;

  @Column('bigint')
  failed!: number;

  @Column('bigint')
  aborted!: number;

  @Column('bigint')
  skipped!: number;

  @Column('bigint')
  lost!: number;

  @Column('numeric', { name: 'total_rows' })
  totalRows!: string;

  @Column('numeric')
  inserts!: string;

  @Column('numeric')
  updates!: string;

  @Column('numeric', { name: 'soft_deletes' })
  softDeletes!: string;

  /** The sum of durations. */
  @Column('numeric')
  seconds!: string;

  @Column('numeric', { name: 'max_seconds' })
  maxSeconds!: string;

  /** The sum of ln(1 + seconds) of the successes, and of its square: their mean and spread on a logarithmic scale. */
  @Column('double precision', { name: 'ln_seconds' })
  lnSeconds!: number;

  @Column('double precision', { name: 'ln_seconds_squared' })
  lnSecondsSquared!: number;

  /** How many successes have `total_rows`; the next two are sums over these. */
  @Column('bigint', { name: 'rows_reported' })
  rowsReported!: number;

  @Column('double precision', { name: 'ln_rows' })
  lnRows!: number;

  @Column('double precision', { name: 'ln_rows_squared' })
  lnRowsSquared!: number;
}
