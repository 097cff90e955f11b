import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What one recent transaction changed. By the id of the transaction a page finds the hints that it has not seen, in
 * whatever order transactions commit. The table holds the last quarter of an hour.
 */
@Entity('change_hint')
export class ChangeHintEntity {
  /** `pg_current_xact_id()`. */
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'pk_change_hint' })
  transaction!: number;

  @PrimaryColumn('bigint', {
    primaryKeyConstraintName: 'pk_change_hint',
    generated: 'identity',
    generatedIdentity: 'BY DEFAULT',
  })
  id!: number;

  @Column({ type: 'timestamptz', name: 'written_at', precision: 3, default: () => 'clock_timestamp()' })
  writtenAt!: Date;

  @Column('bigint', { name: 'root_ids', array: true, default: () => "'{}'" })
  rootIds!: number[];

  @Column('bigint', { name: 'execution_ids', array: true, default: () => "'{}'" })
  executionIds!: number[];

  @Column('bigint', { name: 'pipeline_ids', array: true, default: () => "'{}'" })
  pipelineIds!: number[];

  /** True if executions of these trees moved or were deleted. */
  @Column('boolean', { default: false })
  moved!: boolean;

  @Column('boolean', { default: false })
  incidents!: boolean;

  @Column('boolean', { default: false })
  everything!: boolean;
}
