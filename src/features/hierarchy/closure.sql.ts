import { prepared } from '../../platform/database/prepared-statements.js';

/** The closure rows of new roots: each with itself. */
export const INSERT_SELF = prepared(`
  INSERT INTO pipeline_execution_closure (parent_execution_id, child_execution_id, depth)
  SELECT item.id, item.id, 0
    FROM unnest($1::bigint[]) AS item (id)`);

/**
 * The closure rows of new executions whose parents' rows exist: each with itself, and with every ancestor of its parent
 * one level deeper. Uses pk_pipeline_execution_closure.
 */
export const INSERT_CLOSURE = prepared(`${INSERT_SELF}
  UNION ALL
  SELECT above.parent_execution_id, item.id, above.depth + 1
    FROM unnest($1::bigint[], $2::bigint[]) AS item (id, parent_id)
    JOIN pipeline_execution_closure above ON above.child_execution_id = item.parent_id`);
