import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * The tree of executions: one row for each (ancestor, descendant) pair, with depth 0 for an execution paired with
 * itself and 1 for a direct child. At every commit the table equals the result of a recursive walk over `parent_id`.
 * `ExecutionClosureSubscriber` writes the rows of inserted executions and `TreeMoveService` those of moved ones;
 * nothing else writes here.
 */
@Entity('pipeline_execution_closure')
@Index('ix_pipeline_execution_closure_parent', ['parentExecutionId', 'depth', 'childExecutionId'])
export class ClosureEntity {
  // First in the key: upstream queries filter by this column alone, and it would be the sharding key.
  @PrimaryColumn('bigint', { name: 'child_execution_id', primaryKeyConstraintName: 'pk_pipeline_execution_closure' })
  childExecutionId!: number;

  @PrimaryColumn('bigint', { name: 'parent_execution_id', primaryKeyConstraintName: 'pk_pipeline_execution_closure' })
  parentExecutionId!: number;

  @Column('integer')
  depth!: number;
}
