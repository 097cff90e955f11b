import {
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
  Unique,
} from 'typeorm';
import { PipelineEntity } from '../pipeline/pipeline.entity.js';
import type { Metric } from './metric.js';
import type { Group } from './slots.js';

export type Direction = 'high' | 'low';

/** A success that waits to be judged: written with its end, deleted with the verdict. */
@Entity('execution_to_judge')
export class ExecutionToJudgeEntity {
  @PrimaryColumn('bigint', { name: 'execution_id', primaryKeyConstraintName: 'pk_execution_to_judge' })
  executionId!: number;

  @Column('bigint', { name: 'pipeline_id' })
  pipelineId!: number;
}

/** An unusual value of a run, with what was usual. */
@Entity('anomaly')
@Unique('uq_anomaly_execution', ['executionId', 'metric'])
@Index('ix_anomaly_pipeline', ['pipelineId', 'id'])
@Index('ix_anomaly_root', ['rootId'])
export class AnomalyEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_anomaly',
  })
  id!: number;

  @Column('bigint', { name: 'execution_id' })
  executionId!: number;

  /** The root of its tree when it was judged. */
  @Column('bigint', { name: 'root_id' })
  rootId!: number;

  @Column('bigint', { name: 'pipeline_id' })
  pipelineId!: number;

  @ManyToOne(() => PipelineEntity, { createForeignKeyConstraints: false })
  @JoinColumn({ name: 'pipeline_id' })
  pipeline!: Relation<Pick<PipelineEntity, 'id' | 'name'>>;

  @Column('varchar', { length: 16 })
  metric!: Metric;

  @Column('double precision')
  value!: number;

  @Column('double precision')
  expected!: number;

  @Column('double precision')
  lower!: number;

  @Column('double precision')
  upper!: number;

  @Column('varchar', { length: 4 })
  direction!: Direction;

  /** Which earlier runs it was compared with, and how many of them gave the expected value. */
  @Column('jsonb')
  baseline!: { readonly group: Group; readonly runs: number; readonly history: number };

  /** The sentence that explains it. */
  @Column('text')
  detail!: string;

  @Column({ type: 'timestamptz', name: 'detected_at', precision: 3 })
  detectedAt!: Date;

  @Column({ type: 'timestamptz', name: 'dismissed_at', precision: 3, nullable: true })
  dismissedAt!: Date | null;
}

/** Unusual runs in a row: of one metric of a pipeline, on one side. Deleted with the first usual run. */
@Entity('anomaly_episode')
@Index('ix_anomaly_episode_incident', ['incidentId'], { where: 'incident_id IS NOT NULL' })
export class AnomalyEpisodeEntity {
  @PrimaryColumn('bigint', { name: 'pipeline_id', primaryKeyConstraintName: 'pk_anomaly_episode' })
  pipelineId!: number;

  @PrimaryColumn('varchar', { length: 16, primaryKeyConstraintName: 'pk_anomaly_episode' })
  metric!: Metric;

  @Column('varchar', { length: 4 })
  direction!: Direction;

  @Column('integer')
  runs!: number;

  /** The first of them. */
  @Column('bigint', { name: 'first_execution_id' })
  firstExecutionId!: number;

  /** Its open incident; null where none was opened, or where it was resolved as a new level. */
  @Column('bigint', { name: 'incident_id', nullable: true })
  incidentId!: number | null;
}

/** How long the runs of a pipeline usually take, under parents of one pipeline. */
@Entity('pipeline_expectation')
export class PipelineExpectationEntity {
  @PrimaryColumn('bigint', { name: 'pipeline_id', primaryKeyConstraintName: 'pk_pipeline_expectation' })
  pipelineId!: number;

  /** 0 for all its runs, whatever they run under. */
  @PrimaryColumn('bigint', { name: 'parent_pipeline_id', primaryKeyConstraintName: 'pk_pipeline_expectation' })
  parentPipelineId!: number;

  /** Seconds. */
  @Column('double precision', { name: 'duration_expected' })
  durationExpected!: number;

  /** The seconds after which a run is slow. */
  @Column('double precision', { name: 'duration_upper' })
  durationUpper!: number;

  /** The runs that it was learned from. */
  @Column('integer')
  runs!: number;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}

/**
 * A rule of the older service: judges a metric of a pipeline with other widths and another history, and asks for
 * messages. The columns are those of its table.
 */
@Entity('anomaly_detection_rule')
@Unique('uq_anomaly_detection_rule_metric', ['pipelineId', 'metricField'])
export class AnomalyRuleEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_anomaly_detection_rule',
  })
  id!: number;

  @Column('bigint', { name: 'pipeline_id' })
  pipelineId!: number;

  @ManyToOne(() => PipelineEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'pipeline_id', foreignKeyConstraintName: 'fk_anomaly_detection_rule_pipeline' })
  pipeline!: Relation<PipelineEntity>;

  @Column('varchar', { name: 'metric_field', length: 16 })
  metricField!: Metric;

  /** The widths are scaled by a third of it. As text, as PostgreSQL writes it. */
  @Column('numeric', { name: 'z_threshold', precision: 4, scale: 2, default: 3 })
  zThreshold!: string;

  @Column('integer', { name: 'lookback_days', default: 30 })
  lookbackDays!: number;

  @Column('integer', { name: 'minimum_executions', default: 30 })
  minimumExecutions!: number;

  @Column('boolean', { default: true })
  active!: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3, nullable: true })
  updatedAt!: Date | null;
}
