import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * The tree, as one row for each (ancestor, descendant) pair of executions: depth 0 for each
 * execution with itself, 1 for a direct child. At every commit the table equals what a recursive
 * walk over `parent_id` gives: `ExecutionClosureSubscriber` writes the rows of what is inserted, `TreeMoveService` those of
 * what moves, and nothing else writes here.
 */
@Entity('pipeline_execution_closure')
@Index('ix_pipeline_execution_closure_parent', ['parentExecutionId', 'depth', 'childExecutionId'])
export class ClosureEntity {
  // First in the key, since it is asked for alone (upstream) and is what the table would be sharded by.
  @PrimaryColumn('bigint', { name: 'child_execution_id', primaryKeyConstraintName: 'pk_pipeline_execution_closure' })
  childExecutionId!: number;

  @PrimaryColumn('bigint', { name: 'parent_execution_id', primaryKeyConstraintName: 'pk_pipeline_execution_closure' })
  parentExecutionId!: number;

  @Column('integer')
  depth!: number;
}
