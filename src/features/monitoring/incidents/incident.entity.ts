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

export const KINDS = ['freshness', 'timeliness', 'failure', 'lost', 'missed', 'slow', 'anomaly'] as const;
export type Kind = (typeof KINDS)[number];

export const SEVERITIES = ['warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The severity with which an incident of the kind opens. */
export const SEVERITY_OF: Record<Kind, Severity> = {
  freshness: 'critical',
  timeliness: 'critical',
  failure: 'critical',
  lost: 'critical',
  missed: 'warning',
  slow: 'warning',
  anomaly: 'warning',
};

/** Kinds of which a message is sent only where a route names the kind or the severity, or `alertWanted` says so. */
export const IS_SENT_ON_REQUEST: Record<Kind, boolean> = {
  freshness: false,
  timeliness: false,
  failure: false,
  lost: false,
  missed: false,
  slow: true,
  anomaly: true,
};

/**
 * The reason for the resolution; `joined`: a later failure of the pipeline belongs to the incident that stays open;
 * `withdrawn`: later reports say that it was no failure.
 */
export type Resolution =
  | 'loaded'
  | 'ended'
  | 'succeeded'
  | 'started'
  | 'joined'
  | 'muted'
  | 'inactive'
  | 'threshold'
  | 'normal'
  | 'new_level'
  | 'dismissed'
  | 'withdrawn';

/** A root cause of a failed tree as stored in an incident. */
export interface IncidentRootCause {
  readonly execution_id: number;
  readonly pipeline_id: number;
  readonly pipeline_name: string;
  readonly error_message: string | null;
}

/**
 * One violation: stale data of a pipeline, a late or lost execution, consecutive failures or missed starts of a pipeline. Each subject (the
 * execution, or the pipeline if there is none; for failures always the pipeline) has at most one open incident of a
 * kind. It is resolved once, by an update that requires it to be open; then it is history.
 */
@Entity('incident')
// On (kind, coalesce(execution_id, pipeline_id)) of open incidents; TypeORM can't declare an expression.
@Index('uq_incident_open', { synchronize: false })
// On (pipeline_id, CASE WHEN root_id IS NULL THEN id ELSE 0 END) of open failures: one for each pipeline, except
// failures without a root, which replicas of the previous version open during an upgrade.
@Index('uq_incident_open_failure', { synchronize: false })
@Index('ix_incident_root', ['rootId', 'id'], { where: 'root_id IS NOT NULL' })
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

  @Column('varchar', { length: 8, default: 'critical' })
  severity!: Severity;

  @Column('bigint', { name: 'pipeline_id' })
  pipelineId!: number;

  @ManyToOne(() => PipelineEntity, { createForeignKeyConstraints: false })
  @JoinColumn({ name: 'pipeline_id' })
  pipeline!: Relation<Pick<PipelineEntity, 'id' | 'name'>>;

  /** The late execution, the lost root, or the root that failed last; null for freshness. */
  @Column('bigint', { name: 'execution_id', nullable: true })
  executionId!: number | null;

  /** The root of the tree that {@link executionId} belongs to. */
  @Column('bigint', { name: 'root_id', nullable: true })
  rootId!: number | null;

  /** The number of failures, or of lost executions of the tree, that it covers; 1 for the other kinds. */
  @Column('integer', { default: 1 })
  occurrences!: number;

  @Column({ type: 'timestamptz', name: 'opened_at', precision: 3 })
  openedAt!: Date;

  @Column({ type: 'timestamptz', name: 'resolved_at', precision: 3, nullable: true })
  resolvedAt!: Date | null;

  @Column('varchar', { length: 9, nullable: true })
  resolution!: Resolution | null;

  /** The time when the data or the end was expected, as of the opening; null for a failure or a lost execution. */
  @Column({ type: 'timestamptz', name: 'expected_at', precision: 3, nullable: true })
  expectedAt!: Date | null;

  /**
   * The beginning of the measured time: the newest data, or the execution's start; for a failure, its end; for a lost
   * execution, its last sign of life.
   */
  @Column({ type: 'timestamptz', name: 'since', precision: 3 })
  since!: Date;

  @Column(() => Threshold, { prefix: 'threshold' })
  threshold!: Threshold;

  /** What happened, for an anomaly and a slow execution; the other kinds say it from their columns. */
  @Column('text', { nullable: true })
  explanation!: string | null;

  /** Whether a rule asks for messages about it, whatever the routes name. */
  @Column('boolean', { name: 'alert_wanted', default: false })
  alertWanted!: boolean;

  /** The first causes; {@link rootCauseCount} counts all. */
  @Column('jsonb', { name: 'root_causes', default: [] })
  rootCauses!: IncidentRootCause[];

  @Column('integer', { name: 'root_cause_count', default: 0 })
  rootCauseCount!: number;

  /**
   * The time when the last message about it was written, even if no route matched; null: none was written. The default
   * is for replicas of the previous version, which write a message with each incident.
   */
  @Column({ type: 'timestamptz', name: 'notified_at', precision: 3, nullable: true, default: () => 'now()' })
  notifiedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'acknowledged_at', precision: 3, nullable: true })
  acknowledgedAt!: Date | null;

  /** The name of the caller's key. */
  @Column('varchar', { name: 'acknowledged_by', length: 255, nullable: true })
  acknowledgedBy!: string | null;

  @Column('text', { nullable: true })
  note!: string | null;

  /** No message about it is written until then. */
  @Column({ type: 'timestamptz', name: 'muted_until', precision: 3, nullable: true })
  mutedUntil!: Date | null;
}

/** What a list of incidents reads in two steps. */
export const INCIDENT_LONG_COLUMNS = new LongColumns('incident', IncidentEntity, {
  rootCauses: { column: 'root_causes', type: 'jsonb' },
  note: { column: 'note', type: 'text' },
  explanation: { column: 'explanation', type: 'text' },
});

/** A failed root, and the incident that it belongs to: one row for each of the incident's occurrences. */
@Entity('incident_failure')
@Index('ix_incident_failure_incident', ['incidentId', 'endedAt'])
export class IncidentFailureEntity {
  @PrimaryColumn('bigint', { name: 'execution_id', primaryKeyConstraintName: 'pk_incident_failure' })
  executionId!: number;

  @Column('bigint', { name: 'incident_id' })
  incidentId!: number;

  @Column({ type: 'timestamptz', name: 'ended_at', precision: 3 })
  endedAt!: Date;
}
