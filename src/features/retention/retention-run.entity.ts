import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the deletion by age has done: its last run, and all together. One row. */
@Entity('retention_run')
export class RetentionRunEntity {
  @PrimaryColumn('boolean', { default: true, primaryKeyConstraintName: 'pk_retention_run' })
  id!: boolean;

  @Column({ type: 'timestamptz', name: 'started_at', precision: 3 })
  startedAt!: Date;

  /** Null while it runs, or if its process died. */
  @Column({ type: 'timestamptz', name: 'ended_at', precision: 3, nullable: true })
  endedAt!: Date | null;

  /** When a run last found nothing more to delete. */
  @Column({ type: 'timestamptz', name: 'succeeded_at', precision: 3, nullable: true })
  succeededAt!: Date | null;

  /** What the last run has deleted so far. */
  @Column('bigint', { default: 0 })
  trees!: number;

  @Column('bigint', { default: 0 })
  executions!: number;

  /** What all runs have deleted. */
  @Column('bigint', { name: 'total_trees', default: 0 })
  totalTrees!: number;

  @Column('bigint', { name: 'total_executions', default: 0 })
  totalExecutions!: number;

  /** The trees that were too old and still there at the end of the last run, counted up to 100,000. */
  @Column('bigint', { default: 0 })
  backlog!: number;
}
