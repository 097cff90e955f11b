/**
 * The tables that are distributed over the nodes of a cluster, in this order, and the column by which. Rows with the
 * same value of it are on the same node. All other tables stay on the coordinator.
 */
export const BIG_TABLES = [
  { table: 'pipeline_execution', column: 'id' },
  { table: 'pipeline_execution_closure', column: 'child_execution_id' },
  { table: 'execution_dataset', column: 'execution_id' },
] as const;

export type BigTable = (typeof BIG_TABLES)[number];
