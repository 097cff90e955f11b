import {
  Check,
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { LongColumns } from '../../../platform/database/long-columns.js';
import { PipelineEntity } from '../../pipeline/pipeline.entity.js';
import { Threshold } from '../../pipeline/threshold.entity.js';

export const KINDS = ['freshness', 'timeliness', 'failure'] as const;
export type Kind = (typeof KINDS)[number];

/** Why an incident was resolved. */
export type Resolution = 'loaded' | 'ended' | 'succeeded' | 'muted' | 'inactive' | 'threshold';

/** A root cause of a failed tree as an incident keeps it. */
export interface IncidentRootCause {
  readonly execution_id: number;
  readonly pipeline_id: number;
  readonly pipeline_name: string;
  readonly error_message: string | null;
}

/**
 * One violation: stale data of a pipeline, a late execution, a failed tree. Opened once, since there is one open
 * incident of a kind for each subject (the execution, or the pipeline where there is none); resolved once, by an update
 * that asks for it to be open; then history.
 */
@Entity('incident')
// On (kind, coalesce(execution_id, pipeline_id)) where open; TypeORM can't declare an expression.
@Index('uq_incident_open', { synchronize: false })
@Index('ix_incident_open', ['id'], { where: 'resolved_at IS NULL' })
@Index('ix_incident_kind', ['kind', 'id'])
@Index('ix_incident_pipeline', ['pipelineId', 'id'])
@Check('ck_incident_resolved', '(resolved_at IS NULL) = (resolution IS NULL)')
export class IncidentEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_incident',
  })
  id!: number;

  @Column('varchar', { length: 10 })
  kind!: Kind;

  @Column('bigint', { name: 'pipeline_id' })
  pipelineId!: number;

  @ManyToOne(() => PipelineEntity, { createForeignKeyConstraints: false })
  @JoinColumn({ name: 'pipeline_id' })
  pipeline!: Relation<Pick<PipelineEntity, 'id' | 'name'>>;

  /** The late execution, or the root of the failed tree; null for freshness. */
  @Column('bigint', { name: 'execution_id', nullable: true })
  executionId!: number | null;

  @Column({ type: 'timestamptz', name: 'opened_at', precision: 3 })
  openedAt!: Date;

  @Column({ type: 'timestamptz', name: 'resolved_at', precision: 3, nullable: true })
  resolvedAt!: Date | null;

  @Column('varchar', { length: 9, nullable: true })
  resolution!: Resolution | null;

  /** When the data or the end was expected, as it stood when the incident was opened; null for a failure. */
  @Column({ type: 'timestamptz', name: 'expected_at', precision: 3, nullable: true })
  expectedAt!: Date | null;

  /** What the time ran from: the newest data, the execution's start; of a failure, its end. */
  @Column({ type: 'timestamptz', name: 'since', precision: 3 })
  since!: Date;

  @Column(() => Threshold, { prefix: 'threshold' })
  threshold!: Threshold;

  /** The first of them; {@link rootCauseCount} is of all. */
  @Column('jsonb', { name: 'root_causes', default: [] })
  rootCauses!: IncidentRootCause[];

  @Column('integer', { name: 'root_cause_count', default: 0 })
  rootCauseCount!: number;
}

/** What a list of incidents reads in two steps. */
export const INCIDENT_LONG_COLUMNS = new LongColumns('incident', IncidentEntity, {
  rootCauses: { column: 'root_causes', type: 'jsonb' },
});

/**
 * Executions that ended after their deadline and that no timeliness check has seen since. Written with the end and read
 * by the next check, so that a run which was late only between two checks is not missed.
 */
@Entity('late_end')
export class LateEndEntity {
  @PrimaryColumn('bigint', { name: 'execution_id', primaryKeyConstraintName: 'pk_late_end' })
  executionId!: number;
}
