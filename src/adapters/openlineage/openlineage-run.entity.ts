import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What was heard of a run: of each kind of event the time of the first or the last, and the latest claims. Its execution
 * is derived from that. Times are kept to the microsecond.
 */
@Entity('openlineage_run')
@Index('ix_openlineage_run_parent', ['parentRunId', 'pipelineId'], { where: 'parent_run_id IS NOT NULL' })
@Index('ix_openlineage_run_execution', ['executionId'])
@Index('ix_openlineage_run_refused', ['runId'], { where: 'parent_refused' })
export class OpenLineageRunEntity {
  @PrimaryColumn('uuid', { name: 'run_id', primaryKeyConstraintName: 'pk_openlineage_run' })
  runId!: string;

  @Column('bigint', { name: 'execution_id' })
  executionId!: number;

  @Column('bigint', { name: 'pipeline_id' })
  pipelineId!: number;

  /** The first event that names it as a parent or a root. */
  @Column({ type: 'timestamptz', name: 'named_first', precision: 6, nullable: true })
  namedFirst!: Date | null;

  /** Its own first event. */
  @Column({ type: 'timestamptz', name: 'seen_first', precision: 6, nullable: true })
  seenFirst!: Date | null;

  @Column({ type: 'timestamptz', name: 'start_first', precision: 6, nullable: true })
  startFirst!: Date | null;

  @Column({ type: 'timestamptz', name: 'start_last', precision: 6, nullable: true })
  startLast!: Date | null;

  /** Written at most every 15 seconds. */
  @Column({ type: 'timestamptz', name: 'running_last', precision: 6, nullable: true })
  runningLast!: Date | null;

  @Column({ type: 'timestamptz', name: 'complete_last', precision: 6, nullable: true })
  completeLast!: Date | null;

  @Column({ type: 'timestamptz', name: 'abort_last', precision: 6, nullable: true })
  abortLast!: Date | null;

  @Column({ type: 'timestamptz', name: 'fail_last', precision: 6, nullable: true })
  failLast!: Date | null;

  /** The parent that it claims. */
  @Column('uuid', { name: 'parent_run_id', nullable: true })
  parentRunId!: string | null;

  @Column({ type: 'timestamptz', name: 'parent_at', precision: 6, nullable: true })
  parentAt!: Date | null;

  /** Whether that claim would close a cycle, or make the tree too deep. */
  @Column('boolean', { name: 'parent_refused', default: false })
  parentRefused!: boolean;

  @Column('smallint', { nullable: true })
  attempt!: number | null;

  @Column('integer', { name: 'map_index', nullable: true })
  mapIndex!: number | null;

  /** The claims, what is shown of the facets, and the datasets. */
  @Column('jsonb')
  facts!: Record<string, unknown>;
}
